"""What is mutated, and the tests that must notice: the fastest first, PostgreSQL only where it is needed."""

from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
_TESTS = "tests/portal/identity"


@dataclass(frozen=True)
class Target:
    """One module of the validator. Tests that need PostgreSQL run only with `database`."""

    module: str
    tests: tuple[str, ...]
    database: bool = False

    @property
    def path(self) -> Path:
        """Its source."""
        return CHECKOUT / (self.module.replace(".", "/") + ".py")

    @property
    def test_files(self) -> list[str]:
        """Where its tests are."""
        return [str(CHECKOUT / _TESTS / f"test_{name}.py") for name in self.tests]


_CERTIFICATES = ("chain", "chain_edges", "signing_certificate", "next_generation", "trust_store", "parser_properties")
TARGETS = (
    Target("portal.identity.card.payload", ("payload",)),
    Target("portal.identity.card.profile", ("rsa_vectors", "ecdsa_vectors", *_CERTIFICATES)),
    Target("portal.identity.card.chain", _CERTIFICATES),
    Target("portal.identity.revocation.ocsp", ("ocsp", "ocsp_judge", "ocsp_edges")),
    Target("portal.identity.card.challenge", ("challenge",), database=True),
    Target(
        "portal.identity.authenticate",
        ("limits", "challenge", "authenticate", "next_generation", "stop_list", "links_online"),
        database=True,
    ),
)
