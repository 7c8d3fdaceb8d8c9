"""Keys that seal: made, requested, certified, taken over, revoked; what is in the list is what seals."""

import argparse
import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from portal import audit, database, municipality
from portal.certificates.sealing import ActiveKeys
from portal.certificates.sealing import active as in_use
from portal.certificates.sealing.active import (
    Active,
    DocumentCertificateMissing,
    DocumentCertificateNotValid,
    StampKeyMissing,
)
from portal.certificates.sealing.key_list import KeyList, UnfitKeyList, key_list, read
from portal.clock import local_date
from portal.commands import keys as keys_command
from portal.ground import Ground
from portal.keys import Purpose
from tests.portal.conftest import MovableClock
from tests.world.demo_city.municipality import MUNICIPALITY_TOML
from tests.world.office_authority import OfficeAuthority

ORIGIN = "https://verify.test"
Run = Callable[..., int]
_days = itertools.count(1)


@pytest.fixture
def city(ground: Ground, clock: MovableClock) -> Ground:
    """みさき市, on a day after everything that earlier tests have done to the token."""
    clock.advance(days=next(_days))
    with database.transaction(ground.engine) as connection:
        municipality.load(connection, MUNICIPALITY_TOML, clock.now())
    return ground


@pytest.fixture
def run(city: Ground) -> Run:
    """Runs `keys …` as the portal's entry does."""

    def ran(*words: str) -> int:
        parser = argparse.ArgumentParser()
        keys_command.add_parser(parser.add_subparsers(required=True))
        arguments = parser.parse_args(["keys", *words])
        code: int = arguments.run(arguments, city)
        return code

    return ran


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> OfficeAuthority:
    return OfficeAuthority(tmp_path_factory.mktemp("authority"))


def active(city: Ground) -> Active:
    with database.transaction(city.engine) as connection:
        return in_use.active(connection, city.clock.now())


def listed(city: Ground) -> KeyList:
    with database.transaction(city.engine) as connection:
        return key_list(connection, ORIGIN)


def requested(run: Run, capsys: pytest.CaptureFixture[str]) -> bytes:
    capsys.readouterr()
    assert run("request", "document-seal") == 0
    return capsys.readouterr().out.encode()


def certify(run: Run, folder: Path, certificate: bytes) -> int:
    (folder / "document.pem").write_bytes(certificate)
    return run("certificate", str(folder / "document.pem"))


def test_a_new_stamp_key_is_published_and_seals_and_the_one_before_retires(
    city: Ground, run: Run, clock: MovableClock
) -> None:
    with pytest.raises(StampKeyMissing):
        assert active(city).stamp_key
    assert run("create", "page-stamp") == 0
    first = active(city).stamp_key
    clock.advance(days=next(_days))
    assert run("create", "page-stamp") == 0
    second = active(city).stamp_key
    assert {first, second} <= city.keys.public_keys(Purpose.PAGE_STAMP).keys()
    assert first != second
    today = local_date(clock.now())
    (old, new) = listed(city).keys
    assert (old.key_id, old.retired, new.key_id, new.valid_from, new.retired) == (first, today, second, today, None)
    assert old.in_use_on(today)
    assert not old.in_use_on(today + timedelta(days=1))
    assert not new.in_use_on(today - timedelta(days=1))


def test_publishing_twice_changes_nothing(city: Ground, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    city.keys.create(Purpose.PAGE_STAMP, city.clock.now())
    assert run("publish") == 0
    before = listed(city)
    assert run("publish") == 0
    assert "already" in capsys.readouterr().out
    assert listed(city) == before
    assert [key.key_id for key in before.keys] == [city.keys.newest(Purpose.PAGE_STAMP)]


def test_a_key_that_is_made_but_not_published_seals_nothing(city: Ground, run: Run, clock: MovableClock) -> None:
    run("create", "page-stamp")
    published = active(city).stamp_key
    clock.advance(days=next(_days))
    city.keys.create(Purpose.PAGE_STAMP, clock.now())
    assert active(city).stamp_key == published


def test_a_revoked_key_seals_nothing_more_and_says_so_in_the_list_and_the_audit(
    city: Ground, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("create", "page-stamp")
    key_id = active(city).stamp_key
    assert run("revoke", key_id) == 0
    with pytest.raises(StampKeyMissing):
        assert active(city).stamp_key
    assert listed(city).keys[0].revoked == local_date(city.clock.now())
    assert run("revoke", key_id) == 1
    assert run("revoke", "0" * 16) == 1
    assert run("list") == 1
    assert "StampKeyMissing" in capsys.readouterr().err
    with database.transaction(city.engine) as connection:
        noted = connection.execute(
            sa.select(audit.audit_events.c.detail).where(audit.audit_events.c.action == "seal_key.changed")
        ).scalars()
        assert [key_id in detail for detail in noted] == [True, True]


def test_a_document_key_is_requested_certified_and_then_in_use(
    city: Ground, run: Run, authority: OfficeAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = city.clock.now()
    run("create", "document-seal", "page-stamp")
    with pytest.raises(DocumentCertificateMissing):
        active(city).document_at(now)
    request = requested(run, capsys)
    parsed = x509.load_pem_x509_csr(request)
    assert parsed.is_signature_valid
    assert parsed.subject.rfc4514_string() == "CN=みさき市長,O=みさき市,C=JP"
    issued = authority.issue(request)
    assert certify(run, tmp_path, issued) == 0
    document = active(city).document_at(now)
    assert document.key_id == city.keys.newest(Purpose.DOCUMENT_SEAL)
    assert x509.load_der_x509_certificate(document.certificate) == x509.load_pem_x509_certificate(issued)
    assert run("list") == 0
    assert "certified until 2034-12-30" in capsys.readouterr().out
    with pytest.raises(DocumentCertificateNotValid):
        active(city).document_at(now + timedelta(days=4000))


def test_a_renewed_certificate_of_the_same_key_takes_the_place_of_the_old_one(
    city: Ground, run: Run, authority: OfficeAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city.keys.create(Purpose.DOCUMENT_SEAL, city.clock.now())
    request = requested(run, capsys)
    certify(run, tmp_path, authority.issue(request))
    renewed = authority.issue(request, not_after=city.clock.now() + timedelta(days=9))
    assert certify(run, tmp_path, renewed) == 0
    assert len(listed(city).keys) == 1
    assert active(city).document_at(city.clock.now()).not_after < city.clock.now() + timedelta(days=9, seconds=1)


def test_a_certificate_that_does_not_fit_is_refused_by_its_reason(
    city: Ground, run: Run, authority: OfficeAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city.keys.create(Purpose.DOCUMENT_SEAL, city.clock.now())
    request, now = requested(run, capsys), city.clock.now()
    no_signing = authority.issue(request, usages=frozenset({"key_agreement"}))
    reasons = {
        b"nonsense": "not an X.509 certificate",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n": "not an X.509 certificate",
        authority.root_file.read_bytes(): "not a document key",
        authority.issue(request, authority=True): "an authority's own",
        no_signing: "may sign no documents",
        authority.issue(request, not_after=now - timedelta(days=1)): "not valid now",
        authority.issue(request, not_before=now + timedelta(days=1)): "not valid now",
        authority.issue(request, ballast=3000): "too long",
    }
    for certificate, reason in reasons.items():
        assert certify(run, tmp_path, certificate) == 1
        assert reason in capsys.readouterr().err
    assert run("certificate", str(tmp_path / "missing.pem")) == 1
    assert listed(city).keys == ()


def test_a_certificate_in_der_is_taken_as_well(
    city: Ground, run: Run, authority: OfficeAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city.keys.create(Purpose.DOCUMENT_SEAL, city.clock.now())
    issued = x509.load_pem_x509_certificate(authority.issue(requested(run, capsys)))
    assert certify(run, tmp_path, issued.public_bytes(serialization.Encoding.DER)) == 0


def test_print_agents_are_given_no_key_that_seals(city: Ground, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    run("export")
    exported = capsys.readouterr().out
    for purpose in Purpose:
        for_agents = purpose in {Purpose.PRINT_TICKET, Purpose.DEVICE_COMMAND}
        assert all((key_id in exported) is for_agents for key_id in city.keys.public_keys(purpose))


def test_the_published_list_comes_back_from_its_text(city: Ground, run: Run) -> None:
    run("create", "page-stamp")
    here = listed(city)
    assert (here.municipality, here.name, here.origin) == ("982016", "みさき市", ORIGIN)
    assert read(here.to_json()) == here
    pem = city.keys.public_keys(Purpose.PAGE_STAMP)[here.keys[0].key_id]
    assert here.keys[0].public_key() == serialization.load_pem_public_key(pem.encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: f"[{text}]",
        lambda text: text.replace('"v":1', '"v":2'),
        lambda text: text.replace('"keys"', '"cles"'),
        lambda text: text.replace('"x":"', '"x":"AAAA'),
        lambda text: text.replace('"from":"20', '"from":"20x'),
    ],
)
def test_a_text_that_is_no_list_is_refused(city: Ground, run: Run, change: Callable[[str], str]) -> None:
    run("create", "page-stamp")
    with pytest.raises(UnfitKeyList):
        read(change(listed(city).to_json()))


def test_a_running_worker_notices_new_keys_within_seconds(
    city: Ground, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ActiveKeys(city.engine, city.clock)
    run("create", "page-stamp")
    first = keys().stamp_key
    run("revoke", first)
    assert keys().stamp_key == first
    monkeypatch.setattr(in_use, "ASKED_EVERY", 0)
    with pytest.raises(StampKeyMissing):
        assert keys().stamp_key
