"""The campaign in small: a handful of mutants that must die in every run of the suite, and the mutator itself."""

from datetime import UTC, datetime, timedelta
from types import CodeType, ModuleType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from portal.identity.card import chain
from portal.identity.card.profile import CertificateKind
from tests.mutation.operators import mutants
from tests.mutation.targets import TARGETS, Target
from tests.portal.identity.leaves import Issuer, good_but, policies, usage
from tests.world.jpki import profiles, store
from tests.world.jpki.profiles import SIGN_POLICY

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
NAME = profiles.root_name("user authentication")
ROOT, STRANGER, CARD = store.new_key(), store.new_key(), store.new_key().public_key()
PINNED = profiles.build_root(ROOT, NAME, 7, NOW - timedelta(days=9), NOW + timedelta(days=3000))
CHAIN = next(target for target in TARGETS if target.module == "portal.identity.card.chain")

GOOD = Issuer(NAME, ROOT)
LEAVES = {
    "good": GOOD.leaf(CARD, NOW),
    "by a stranger": Issuer(NAME, STRANGER).leaf(CARD, NOW),
    "over": GOOD.leaf(CARD, NOW, not_after=timedelta(seconds=-1)),
    "to come": GOOD.leaf(CARD, NOW, not_before=timedelta(seconds=1)),
    "for eleven years": GOOD.leaf(CARD, NOW, not_after=timedelta(days=11 * 365)),
    "of another policy": GOOD.leaf(CARD, NOW, extensions=good_but((policies(SIGN_POLICY), True))),
    "of another usage": GOOD.leaf(CARD, NOW, extensions=good_but((usage("key_encipherment"), True))),
    "an authority": GOOD.leaf(
        CARD, NOW, extensions=good_but((x509.BasicConstraints(ca=True, path_length=None), True))
    ),
    "for servers": GOOD.leaf(
        CARD, NOW, extensions=good_but((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False))
    ),
    "not for clients": GOOD.leaf(CARD, NOW, extensions=good_but(without=(x509.ExtendedKeyUsage,))),
    "with a name in it": GOOD.leaf(
        CARD, NOW, extensions=good_but((x509.SubjectAlternativeName([x509.DNSName("a.jp")]), False))
    ),
    "of another hash": GOOD.leaf(CARD, NOW, digest=hashes.SHA512()),
    "the root": PINNED.public_bytes(Encoding.DER),
    "junk": b"junk",
    "too long": GOOD.leaf(
        CARD,
        NOW,
        extensions=[*good_but(), (x509.UnrecognizedExtension(ObjectIdentifier("1.2.3"), bytes(9000)), False)],
    ),
}
HAND_PICKED = [
    "validate: raise _refusal(certificate, trust.roots, at), dropped",
    "validate: raise WrongCertificateKind, dropped",
    "_rules_for: scheme.in_certificates == signed_as, NotEq",
    "_card_policy.policy_fits: raise ValueError('policy'), dropped",
    "_card_policy.usage_fits: raise ValueError('key usage'), dropped",
    "_authenticates_clients: raise ValueError('extended key usage'), dropped",
    "_is_no_authority: raise ValueError('basic constraints'), dropped",
    "_refusal: if not any((_signed_by(certificate, root) for root in roots)), always True",
    "_card_policy: if profile.for_clients, always False",
    "parse: raise CertificateUnreadable, dropped",
]


def verdicts(code: CodeType | None = None) -> dict[str, str]:
    """What the judge, or one made from mutated code, says about each leaf: the refusal's name, or "passes"."""
    module = chain
    if code is not None:
        module = ModuleType("portal.identity.card.chain")
        # Dataclasses look their module up by name; the mutant answers to the name of the original.
        exec(code, module.__dict__)  # noqa: S102
    said = {}
    for name, der in LEAVES.items():
        try:
            trust = module.TrustStore(CertificateKind.AUTHENTICATION, (PINNED,))
            module.validate(module.parse(der), trust, at=NOW)
            said[name] = "passes"
        except Exception as refusal:  # noqa: BLE001 - a mutant may fall over in any way, and that is noticed, too
            said[name] = type(refusal).__name__
    return said


def test_the_judge_says_of_each_leaf_what_it_should() -> None:
    assert verdicts() == {
        "good": "passes",
        "by a stranger": "CertificateUntrusted",
        "over": "CertificateExpired",
        "to come": "CertificateNotYetValid",
        "for eleven years": "WrongCertificateKind",
        "of another policy": "WrongCertificateKind",
        "of another usage": "WrongCertificateKind",
        "an authority": "WrongCertificateKind",
        "for servers": "WrongCertificateKind",
        "not for clients": "WrongCertificateKind",
        "with a name in it": "WrongCertificateKind",
        "of another hash": "WrongCertificateKind",
        "the root": "WrongCertificateKind",
        "junk": "CertificateUnreadable",
        "too long": "CertificateUnreadable",
    }


@pytest.mark.parametrize("name", HAND_PICKED)
def test_a_hand_picked_mutant_of_the_judge_is_noticed(name: str) -> None:
    found = [mutant for mutant in mutants(CHAIN.path.read_text(), str(CHAIN.path)) if mutant.name == name]
    assert len(found) == 1

    assert verdicts(found[0].code) != verdicts()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.module)
def test_every_target_has_tests_and_mutants_of_different_names(target: Target) -> None:
    names = [mutant.name for mutant in mutants(target.path.read_text(), str(target.path))]

    assert target.test_files
    assert len(names) == len(set(names)) >= 10


def test_what_decides_nothing_is_left_alone() -> None:
    source = '''
"""Docstring."""
from x import y
def f(a: "str" = None) -> "int":
    """Docstring."""
    _LOG.info("words %s", 1)
    raise Wrong("words")
'''

    assert [mutant.name for mutant in mutants(source, "x.py")] == ["f: raise Wrong('words'), dropped"]


def test_one_place_is_changed_at_a_time() -> None:
    source = "def f(a, b):\n    return a < 3 and not b\n"

    names = [mutant.name for mutant in mutants(source, "x.py")]

    assert names == [
        "f: a < 3 and (not b), Or",
        "f: a < 3, LtE",
        "f: not b, not dropped",
        "f: 3 altered",
    ]
    values = []
    for mutant in mutants(source, "x.py"):
        namespace: dict[str, object] = {}
        exec(mutant.code, namespace)  # noqa: S102
        f = namespace["f"]
        assert callable(f)
        values.append((f(3, False), f(1, True), f(1, False)))
    assert values == [(True, True, True), (True, False, True), (False, True, False), (True, False, True)]
