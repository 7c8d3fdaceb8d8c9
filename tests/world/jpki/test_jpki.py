"""The simulated authority answers as the standards and the published profile say."""

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from tests.world.jpki import AUTH_PROFILE as AUTH
from tests.world.jpki import Authority, CardOrder, FourItems, IssuedCard, Mode, SoftwareCard
from tests.world.jpki.profiles import AUTH_POLICY, FOUR_ITEMS_ARC, SIGN_POLICY
from tests.world.jpki.server import RevocationServer, set_mode

NONCE = bytes(range(32))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("jpki"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[RevocationServer]:
    server = RevocationServer(authority)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def card(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> IssuedCard:
    items = FourItems("岬 花子", dt.date(1990, 4, 1), "2", "みさき市中央一丁目1番1号")
    return authority.issue_card(tmp_path_factory.mktemp("cards"), CardOrder("hanako", four_items=items))


@pytest.fixture(autouse=True)
def _normal(authority: Authority) -> Iterator[None]:
    yield
    set_mode(authority.directory, Mode.NORMAL)


def ask(
    server: RevocationServer, certificate: x509.Certificate, generation: int = 2, timeout: float = 5
) -> ocsp.OCSPResponse:
    issuer = server.authority.auth_roots[generation - 1].certificate
    request = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(certificate, issuer, hashes.SHA256())
        .add_extension(x509.OCSPNonce(NONCE), critical=False)
        .build()
    )
    return ocsp.load_der_ocsp_response(post(server, request.public_bytes(Encoding.DER), timeout))


def post(server: RevocationServer, body: bytes, timeout: float = 5) -> bytes:
    headers = {"Content-Type": "application/ocsp-request"}
    return httpx.post(server.url, content=body, headers=headers, timeout=timeout).content


def verify_with_responder(response: ocsp.OCSPResponse) -> x509.Certificate:
    (responder,) = response.certificates
    key = responder.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), hashes.SHA256())
    return responder


def test_both_generations_of_the_authentication_root_share_one_name(authority: Authority) -> None:
    first, second = (root.certificate for root in authority.auth_roots)
    assert first.subject == second.subject
    assert first.public_key() != second.public_key()
    assert "O=JPKI-SIM" in first.subject.rfc4514_string()


def test_the_generation_to_come_signs_on_p_384_under_the_same_names(authority: Authority) -> None:
    for old, new in (
        (authority.auth_roots[0], authority.next_auth_root),
        (authority.sign_roots[0], authority.next_sign_root),
    ):
        key = new.certificate.public_key()
        assert old.certificate.subject == new.certificate.subject
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert isinstance(key.curve, ec.SECP384R1)
        assert new.certificate.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA384


def test_the_issuer_of_a_card_is_found_by_signature_only(authority: Authority, card: IssuedCard) -> None:
    old, current = authority.auth_roots
    card.auth.verify_directly_issued_by(current.certificate)
    with pytest.raises(InvalidSignature):
        card.auth.verify_directly_issued_by(old.certificate)


def test_an_authentication_certificate_carries_the_published_profile(card: IssuedCard) -> None:
    extensions = card.auth.extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    policies = extensions.get_extension_for_class(x509.CertificatePolicies)
    purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.content_commitment
    assert policies.critical
    assert policies.value[0].policy_identifier == AUTH_POLICY
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    with pytest.raises(x509.ExtensionNotFound):
        extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_only_the_signature_certificate_carries_the_four_items(card: IssuedCard) -> None:
    names = card.sign.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    values = {name.type_id.dotted_string: name.value for name in names.get_values_for_type(x509.OtherName)}
    assert "岬 花子".encode() in values[f"{FOUR_ITEMS_ARC}.1"]
    assert values[f"{FOUR_ITEMS_ARC}.4"].endswith(b"419900401")
    policies = card.sign.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert policies[0].policy_identifier == SIGN_POLICY


def test_an_expired_card_of_the_old_generation_can_be_made(authority: Authority, tmp_path: Path) -> None:
    end = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    order = CardOrder("old", generation=1, not_before=end - dt.timedelta(days=1800), not_after=end)
    issued = authority.issue_card(tmp_path, order)
    issued.auth.verify_directly_issued_by(authority.auth_roots[0].certificate)
    assert issued.auth.not_valid_after_utc == end


def test_an_authority_is_loaded_again_from_its_directory(authority: Authority) -> None:
    again = Authority(authority.directory)
    assert [root.certificate for root in again.roots] == [root.certificate for root in authority.roots]
    trusted = sorted(again.auth_trust.glob("*.pem"))
    assert [x509.load_pem_x509_certificate(path.read_bytes()) for path in trusted] == [
        root.certificate for root in (*authority.auth_roots, authority.next_auth_root)
    ]


def test_a_software_card_signs_what_its_certificate_verifies(card: IssuedCard) -> None:
    software = SoftwareCard(card.folder)
    key = x509.load_der_x509_certificate(software.certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(software.sign(b"payload"), b"payload", padding.PKCS1v15(), hashes.SHA256())


def test_ocsp_says_good_freshly_with_the_nonce_and_a_delegated_responder(
    server: RevocationServer, card: IssuedCard
) -> None:
    response = ask(server, card.auth)
    responder = verify_with_responder(response)
    responder.verify_directly_issued_by(server.authority.auth_roots[1].certificate)
    purposes = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    now = dt.datetime.now(dt.UTC)
    assert ExtendedKeyUsageOID.OCSP_SIGNING in purposes
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE
    assert abs(now - response.this_update_utc) < dt.timedelta(minutes=1)
    assert response.next_update_utc is not None
    assert response.next_update_utc > now


def test_ocsp_tells_revoked_from_on_hold_and_forgets_a_lifted_hold(server: RevocationServer) -> None:
    authority = server.authority
    certificate = authority.issue_leaf(authority.auth_roots[1], AUTH)
    authority.revoke(certificate, x509.ReasonFlags.certificate_hold)
    assert ask(server, certificate).revocation_reason is x509.ReasonFlags.certificate_hold
    authority.release(certificate)
    assert ask(server, certificate).certificate_status is ocsp.OCSPCertStatus.GOOD
    authority.revoke(certificate, x509.ReasonFlags.superseded)
    response = ask(server, certificate)
    assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert response.revocation_reason is x509.ReasonFlags.superseded


def test_ocsp_says_unknown_when_asked_about_the_wrong_generation(server: RevocationServer, card: IssuedCard) -> None:
    assert ask(server, card.auth, generation=1).certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_ocsp_says_unknown_about_a_certificate_struck_from_the_records(server: RevocationServer) -> None:
    authority = server.authority
    certificate = authority.issue_leaf(authority.auth_roots[1], AUTH)
    authority.forget(certificate)
    assert ask(server, certificate).certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_a_request_that_is_no_ocsp_request_is_called_malformed(server: RevocationServer) -> None:
    response = ocsp.load_der_ocsp_response(post(server, b"no DER at all"))
    assert response.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_misbehaviour_is_switched_on_while_the_server_runs(server: RevocationServer, card: IssuedCard) -> None:
    directory = server.authority.directory
    set_mode(directory, Mode.STALE)
    stale = ask(server, card.auth)
    assert stale.next_update_utc is not None
    assert stale.next_update_utc < dt.datetime.now(dt.UTC)
    set_mode(directory, Mode.WRONG_NONCE)
    wrong = ask(server, card.auth).extensions.get_extension_for_class(x509.OCSPNonce).value
    assert wrong.nonce != NONCE
    set_mode(directory, Mode.NO_NONCE)
    assert not list(ask(server, card.auth).extensions)
    set_mode(directory, Mode.IMPOSTOR)
    (impostor,) = ask(server, card.auth).certificates
    purposes = impostor.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.OCSP_SIGNING not in purposes
    set_mode(directory, Mode.TRY_LATER)
    assert ask(server, card.auth).response_status is ocsp.OCSPResponseStatus.TRY_LATER


def test_a_silent_server_takes_the_question_and_never_answers(server: RevocationServer, card: IssuedCard) -> None:
    set_mode(server.authority.directory, Mode.SILENT)
    with pytest.raises(httpx.ReadTimeout):
        ask(server, card.auth, timeout=0.3)


def test_the_crl_lists_the_revoked_and_is_signed_by_its_generation(server: RevocationServer) -> None:
    authority = server.authority
    root = authority.auth_roots[1]
    gone, kept = (authority.issue_leaf(root, AUTH) for _ in range(2))
    authority.revoke(gone, x509.ReasonFlags.affiliation_changed)
    crl = x509.load_der_x509_crl(httpx.get(f"{server.url}crl/auth.crl").content)
    key = root.certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert crl.is_signature_valid(key)
    assert crl.get_revoked_certificate_by_serial_number(gone.serial_number) is not None
    assert crl.get_revoked_certificate_by_serial_number(kept.serial_number) is None


def test_the_server_runs_as_a_program_on_loopback(authority: Authority, card: IssuedCard) -> None:
    command = [sys.executable, "-m", "tests.world.jpki.server"]
    options = ["--directory", str(authority.directory), "--port", "0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            word, port = process.stdout.readline().split()
            crl = x509.load_der_x509_crl(httpx.get(f"http://127.0.0.1:{port}/crl/auth-1.crl").content)
        finally:
            process.terminate()
    assert word == "ready"
    assert crl.issuer == authority.auth_roots[0].certificate.subject
