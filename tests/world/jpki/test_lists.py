"""The stand-in's own lists are lists to the library too, and a ready-made one goes out as it is."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.world.jpki import Authority, lists
from tests.world.jpki.server import RevocationServer


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("jpki"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[RevocationServer]:
    server = RevocationServer(authority)
    server.start()
    yield server
    server.stop()


def test_a_list_built_octet_by_octet_is_what_the_library_would_have_made(authority: Authority) -> None:
    root = authority.auth_roots[0]
    serials = lists.serials(500)
    crl = x509.load_der_x509_crl(
        lists.build(root, lists.ListOrder(lists.entries(serials, lists.HOLD), number=70_000))
    )
    key = root.certificate.public_key()

    assert isinstance(key, rsa.RSAPublicKey)
    assert crl.is_signature_valid(key)
    assert [entry.serial_number for entry in crl] == serials
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 70_000
    assert crl[0].extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.certificate_hold


def test_each_root_has_a_list_of_its_own_over_http(authority: Authority, server: RevocationServer) -> None:
    for root in authority.roots:
        crl = x509.load_der_x509_crl(httpx.get(f"{server.url}crl/{root.id}.crl").content)
        key = root.certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        assert crl.is_signature_valid(key)


def test_a_ready_made_list_goes_out_octet_by_octet(authority: Authority, server: RevocationServer) -> None:
    root = authority.auth_roots[1]
    lists.prepare(authority.directory, root, b"whatever a test wants")
    sent = httpx.get(f"{server.url}crl/{root.id}.crl").content
    Path(lists.prepared(authority.directory, root)).unlink()

    assert sent == b"whatever a test wants"
    assert httpx.get(f"{server.url}crl/{root.id}.crl").content != sent
