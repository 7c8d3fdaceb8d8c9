"""Which roots an installation accepts."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from portal.identity import TrustStoreUnusable, trust_store
from portal.identity.card.profile import CertificateKind
from portal.settings import Environment, TrustSettings
from tests.portal.conftest import MovableClock
from tests.world.jpki import Authority, profiles, store


def settings(folder: Path) -> TrustSettings:
    return TrustSettings(authentication_roots=folder, signature_roots=folder, ocsp_url="http://127.0.0.1:9/")


def root_of(organisation: str | None, clock: MovableClock) -> bytes:
    key = store.new_key()
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP")]
    if organisation is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    made = profiles.build_root(key, x509.Name(parts), 1, clock.now(), clock.now().replace(year=2036))
    return made.public_bytes(Encoding.PEM)


def test_every_generation_in_the_folder_is_pinned(authority: Authority) -> None:
    found = trust_store(settings(authority.auth_trust), Environment.DEVELOPMENT)

    every = (*authority.auth_roots, authority.next_auth_root)
    assert set(found.roots) == {root.certificate for root in every}


def test_the_two_kinds_of_certificate_have_stores_of_their_own(authority: Authority) -> None:
    trust = TrustSettings(authority.auth_trust, authority.sign_trust, "http://127.0.0.1:9/")
    found = {kind: set(trust_store(trust, Environment.DEVELOPMENT, kind).roots) for kind in CertificateKind}

    assert found[CertificateKind.SIGNATURE] == {
        root.certificate for root in (*authority.sign_roots, authority.next_sign_root)
    }
    assert not found[CertificateKind.SIGNATURE] & found[CertificateKind.AUTHENTICATION]


def test_the_simulators_roots_are_refused_in_production(authority: Authority) -> None:
    with pytest.raises(TrustStoreUnusable, match="production"):
        trust_store(settings(authority.auth_trust), Environment.PRODUCTION)


@pytest.mark.parametrize("organisation", ["JPKI-TEST", "JPKI-SIM", "jpki", "JPKI ", "Japan", None])
def test_only_the_national_organisation_is_accepted_in_production(
    tmp_path: Path, clock: MovableClock, organisation: str | None
) -> None:
    (tmp_path / "root.pem").write_bytes(root_of(organisation, clock))

    assert trust_store(settings(tmp_path), Environment.DEVELOPMENT)
    with pytest.raises(TrustStoreUnusable):
        trust_store(settings(tmp_path), Environment.PRODUCTION)


def test_one_stranger_among_the_national_roots_spoils_all(tmp_path: Path, clock: MovableClock) -> None:
    (tmp_path / "a.pem").write_bytes(root_of("JPKI", clock))
    assert trust_store(settings(tmp_path), Environment.PRODUCTION)

    second = tmp_path / "second"
    second.mkdir()
    (second / "a.pem").write_bytes(root_of("JPKI", clock))
    (second / "b.pem").write_bytes(root_of("JPKI-SIM", clock))
    with pytest.raises(TrustStoreUnusable):
        trust_store(settings(second), Environment.PRODUCTION)


def test_an_empty_or_missing_folder_is_no_trust_store(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(TrustStoreUnusable):
            trust_store(settings(folder), Environment.DEVELOPMENT)


def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("not a certificate")

    with pytest.raises(TrustStoreUnusable):
        trust_store(settings(tmp_path), Environment.DEVELOPMENT)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root.pem").mkdir()

    with pytest.raises(TrustStoreUnusable):
        trust_store(settings(tmp_path), Environment.DEVELOPMENT)


def test_a_root_signed_in_a_way_that_nobody_knows_is_refused(tmp_path: Path, authority: Authority) -> None:
    der = authority.auth_roots[0].certificate.public_bytes(Encoding.DER)
    known, unknown = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d01017f")
    strange = x509.load_der_x509_certificate(der.replace(known, unknown))
    (tmp_path / "root.pem").write_bytes(strange.public_bytes(Encoding.PEM))

    with pytest.raises(TrustStoreUnusable):
        trust_store(settings(tmp_path), Environment.DEVELOPMENT)


def test_the_kinds_are_named_as_settings_and_records_name_them() -> None:
    assert [str(kind) for kind in CertificateKind] == ["authentication", "signature"]


def test_a_certificate_that_is_not_self_signed_is_refused(tmp_path: Path, authority: Authority) -> None:
    pair = authority.responder(authority.auth_roots[0])
    (tmp_path / "root.pem").write_bytes(pair.certificate.public_bytes(Encoding.PEM))

    with pytest.raises(TrustStoreUnusable):
        trust_store(settings(tmp_path), Environment.DEVELOPMENT)


def test_a_root_that_names_itself_but_is_signed_by_another_key_is_refused(
    tmp_path: Path, clock: MovableClock
) -> None:
    key, other = store.new_key(), store.new_key()
    name = profiles.root_name("user authentication")
    end = clock.now().replace(year=2036)
    false = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, clock.now(), end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(other, hashes.SHA256())
    )
    (tmp_path / "root.pem").write_bytes(false.public_bytes(Encoding.PEM))

    with pytest.raises(TrustStoreUnusable):
        trust_store(settings(tmp_path), Environment.DEVELOPMENT)
