"""The whole log-in with the source `crl`: every answer of a list keeps its own name, without one nobody comes in."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import flask
import pytest
from cryptography import x509

from portal import resident, terminal
from portal.commands import revocation as revocation_command
from portal.ground import Ground
from portal.identity import (
    Answer,
    CertificateExpired,
    CertificateOnHold,
    CertificateRevoked,
    CertificateUntrusted,
    RevocationUnavailable,
    prove,
)
from portal.identity.card.profile import CertificateKind
from portal.identity.revocation import lists, refresh
from portal.identity.revocation.lists import Lists
from tests.conftest import CHECKOUT
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, ask, link, log_in
from tests.portal.identity.crl_world import Machine, let_go, machine
from tests.portal.worker.conftest import settings_file
from tests.world.jpki import SIGN_PROFILE, Authority, FourItems, Mode
from tests.world.jpki.server import set_mode

__all__ = ["machine", "settings_file"]


def leaf(card: Card) -> x509.Certificate:
    return x509.load_der_x509_certificate(card.certificate)


def test_a_good_card_comes_in(machine: Machine, card: Card) -> None:
    resident_id = link(machine.ground, card)
    machine.fetch_and_look()

    assert log_in(machine.ground, card).resident_id == resident_id


def test_the_responder_is_not_asked(machine: Machine, card: Card) -> None:
    link(machine.ground, card)
    machine.fetch_and_look()
    set_mode(machine.authority.directory, Mode.TRY_LATER)

    log_in(machine.ground, card)


@pytest.mark.parametrize(
    "reason", [x509.ReasonFlags.cessation_of_operation, x509.ReasonFlags.superseded, x509.ReasonFlags.key_compromise]
)
def test_a_revoked_card_is_refused_as_revoked(machine: Machine, card: Card, reason: x509.ReasonFlags) -> None:
    machine.authority.revoke(leaf(card), reason)
    machine.fetch_and_look()

    with pytest.raises(CertificateRevoked):
        log_in(machine.ground, card)


def test_a_card_on_hold_is_refused_as_on_hold_until_it_is_released(
    machine: Machine, card: Card, clock: MovableClock
) -> None:
    resident_id = link(machine.ground, card)
    machine.authority.revoke(leaf(card), x509.ReasonFlags.certificate_hold)
    machine.fetch_and_look()
    with pytest.raises(CertificateOnHold):
        log_in(machine.ground, card)

    machine.authority.release(leaf(card))
    clock.advance(hours=1)
    machine.fetch_and_look()
    assert log_in(machine.ground, card).resident_id == resident_id


def test_an_expired_card_is_expired_whatever_the_list_says(
    machine: Machine, make_card: MakeCard, clock: MovableClock
) -> None:
    now = clock.now()
    old = make_card(not_before=now - timedelta(days=30), not_after=now - timedelta(days=1))
    machine.authority.revoke(leaf(old))
    machine.fetch_and_look()

    with pytest.raises(CertificateExpired):
        log_in(machine.ground, old)


def test_a_card_the_authority_forgot_cannot_be_told_from_a_good_one(machine: Machine, card: Card) -> None:
    """A list names only what is revoked or on hold. Whoever needs `unknown` chooses the source `ocsp`."""
    resident_id = link(machine.ground, card)
    machine.authority.forget(leaf(card))
    machine.fetch_and_look()

    assert log_in(machine.ground, card).resident_id == resident_id


def test_each_generation_is_judged_by_its_own_list(
    machine: Machine, make_card: MakeCard, authority: Authority
) -> None:
    old, new = (make_card(root=root) for root in authority.auth_roots)
    authority.revoke(leaf(old))
    resident_id = link(machine.ground, new)
    machine.fetch_and_look()

    assert log_in(machine.ground, new).resident_id == resident_id
    with pytest.raises(CertificateRevoked):
        log_in(machine.ground, old)


def test_a_face_that_has_no_list_yet_lets_nobody_in(machine: Machine, card: Card) -> None:
    link(machine.ground, card)

    with pytest.raises(RevocationUnavailable):
        log_in(machine.ground, card)


def test_a_face_that_has_only_the_list_of_the_other_generation_lets_nobody_in(machine: Machine, card: Card) -> None:
    link(machine.ground, card)
    old = machine.with_urls(machine.settings.trust.crl_urls[0])
    old.fetch_and_look()

    with pytest.raises(RevocationUnavailable):
        log_in(old.ground, card)


def test_when_the_list_runs_out_nobody_comes_in_any_more(machine: Machine, card: Card, clock: MovableClock) -> None:
    link(machine.ground, card)
    machine.fetch_and_look()
    clock.advance(hours=25, seconds=1)

    with pytest.raises(RevocationUnavailable):
        log_in(machine.ground, card)


def test_when_the_clock_is_set_back_before_the_list_nobody_comes_in(
    machine: Machine, card: Card, clock: MovableClock
) -> None:
    link(machine.ground, card)
    machine.fetch_and_look()
    clock.advance(minutes=-2)

    with pytest.raises(RevocationUnavailable):
        log_in(machine.ground, card)


def test_a_refresh_that_fails_takes_nothing_away(machine: Machine, card: Card) -> None:
    resident_id = link(machine.ground, card)
    machine.fetch_and_look()
    away = machine.with_urls("http://127.0.0.1:9/")
    assert [type(result) for result in away.refresh()] == [str]
    lists.held(away.settings.state_dir).look()

    assert log_in(away.ground, card).resident_id == resident_id


@pytest.fixture
def signing(make_card: MakeCard, authority: Authority) -> Card:
    """A 署名用 certificate with its key."""
    items = FourItems("岬 花子", datetime(1990, 4, 1, tzinfo=UTC).date(), "2", "みさき市中央一丁目1番1号")
    return make_card(profile=SIGN_PROFILE, root=authority.sign_roots[0], four_items=items)


def proven(machine: Machine, card: Card) -> None:
    question = ask(machine.ground)
    answer = Answer(question.id, "kiosk-01", card.certificate, card.sign(question.payload()))
    prove(machine.ground, answer, now=machine.ground.clock.now(), kind=CertificateKind.SIGNATURE)


def test_a_signing_certificate_is_judged_by_the_list_of_its_own_root(machine: Machine, signing: Card) -> None:
    machine.fetch_and_look()
    proven(machine, signing)


def test_a_revoked_signing_certificate_is_refused_as_revoked(machine: Machine, signing: Card) -> None:
    machine.authority.revoke(leaf(signing))
    machine.fetch_and_look()

    with pytest.raises(CertificateRevoked):
        proven(machine, signing)


def test_a_signing_certificate_without_a_list_of_its_root_is_refused(machine: Machine, signing: Card) -> None:
    machine.with_urls(*machine.settings.trust.crl_urls[:2]).fetch_and_look()

    with pytest.raises(RevocationUnavailable):
        proven(machine, signing)


def test_a_stranger_is_a_stranger_before_any_list_is_looked_at(machine: Machine, signing: Card) -> None:
    with pytest.raises(CertificateUntrusted):
        log_in(machine.ground, signing)


@pytest.mark.parametrize("create_app", [terminal.create_app, resident.create_app])
def test_a_face_has_its_lists_before_the_first_person_comes(
    machine: Machine, card: Card, create_app: Callable[[Ground], flask.Flask]
) -> None:
    machine.refresh()
    create_app(machine.ground)

    assert len(lists._OF_FOLDER[machine.settings.state_dir]) == len(machine.authority.roots)


# From here on with the command line, and with processes and threads that nobody holds back.

Run = Callable[..., int]


@pytest.fixture
def run(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command line as the portal's entry does."""
    monkeypatch.setattr(os, "nice", lambda _: 0)

    def ran(*words: str, on: Machine = machine) -> int:
        parser = argparse.ArgumentParser()
        revocation_command.add_parser(parser.add_subparsers(required=True))
        arguments = parser.parse_args(("revocation", *words))
        code: int = arguments.run(arguments, on.ground)
        return code

    return ran


def test_an_operator_fetches_the_lists_and_sees_that_they_are_fresh(
    machine: Machine, run: Run, card: Card, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.authority.revoke(leaf(card))
    assert run("status") == 1
    assert capsys.readouterr().out.count("no list") == len(machine.authority.roots)

    assert run("refresh") == 0
    assert "1 entries, until 2026-11-25T11:00+09:00" in capsys.readouterr().out
    assert run("status") == 0
    told = capsys.readouterr().out.splitlines()
    kinds = [("authentication" if root.id.startswith("auth") else "signature") for root in machine.authority.roots]
    assert [line.split()[0] for line in told] == sorted(kinds)
    assert all("fresh, number" in line for line in told)


def test_an_operator_sees_which_list_is_no_longer_fresh(
    machine: Machine, run: Run, clock: MovableClock, capsys: pytest.CaptureFixture[str]
) -> None:
    run("refresh")
    (machine.folder / "junk.list").write_bytes(b"")
    next(machine.folder.glob("[0-9a-f]*.list")).write_bytes(b"damaged")
    clock.advance(hours=26)
    capsys.readouterr()

    assert run("status") == 1
    told = capsys.readouterr().out
    assert told.count("NOT FRESH") == len(machine.authority.roots) - 1
    assert told.count("damaged") == 1


def test_an_operator_learns_which_list_was_not_taken_and_why_but_no_address(
    machine: Machine, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    urls = machine.settings.trust.crl_urls
    broken = machine.with_urls(urls[0], "http://127.0.0.1:9/secret", *urls[2:])

    assert run("refresh", on=broken) == 1
    assert f"list 2 of {len(urls)} was not taken: ConnectError" in caplog.text
    assert "secret" not in caplog.text


def test_with_the_source_ocsp_there_is_nothing_to_see(
    ground: Ground, machine: Machine, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("status", on=Machine(ground, machine.authority)) == 0
    assert "ocsp" in capsys.readouterr().out


@pytest.fixture
def living(
    machine: Machine, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, clock: MovableClock
) -> Iterator[Machine]:
    """The same machine in the present, with its settings in a file, real refreshes and the real thread."""
    clock.set(datetime.now(UTC))
    monkeypatch.setattr(Lists, "keep", KEEP)
    monkeypatch.setattr(refresh, "start", START)
    monkeypatch.setenv("PORTAL_SETTINGS", str(write_settings(machine, request)))
    monkeypatch.chdir(CHECKOUT)
    yield machine
    let_go(machine.settings.state_dir)


KEEP, START = Lists.keep, refresh.start


def write_settings(machine: Machine, request: pytest.FixtureRequest) -> Path:
    file: Path = request.getfixturevalue("settings_file")
    text = file.read_text()
    urls = ", ".join(f'"{url}"' for url in machine.settings.trust.crl_urls)
    text = text.replace("ocsp_url =", f'revocation = "crl"\ncrl_urls = [{urls}]\nocsp_url =')
    lines = [line for line in text.splitlines() if not line.startswith("state_dir")]
    file.write_text("\n".join([f'state_dir = "{machine.settings.state_dir}"', *lines]))
    return file


def test_a_face_fetches_its_lists_by_itself_and_lets_the_first_people_wait_outside(
    living: Machine, card: Card, make_card: MakeCard
) -> None:
    gone, held = make_card(), make_card()
    living.authority.revoke(leaf(gone))
    living.authority.revoke(leaf(held), x509.ReasonFlags.certificate_hold)
    resident_id: UUID = link(living.ground, card)
    terminal.create_app(living.ground)
    with pytest.raises(RevocationUnavailable):
        log_in(living.ground, card)

    wait_until(lambda: len(lists.held(living.settings.state_dir)) == len(living.authority.roots))

    assert log_in(living.ground, card).resident_id == resident_id
    with pytest.raises(CertificateRevoked):
        log_in(living.ground, gone)
    with pytest.raises(CertificateOnHold):
        log_in(living.ground, held)


def test_two_refreshes_by_two_processes_fetch_once(living: Machine) -> None:
    command = [sys.executable, "-m", "portal", "revocation", "refresh", "--when-due"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=60)[0] for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert sorted(text.count("list ") for text in told) == [0, len(living.authority.roots)]


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
