"""From the PIN to the signed print ticket, over the kiosk's own clients and every real wire."""

import os
import shutil
import statistics
import sys
import time
import uuid
from collections.abc import Iterator
from itertools import cycle, islice

from kiosk import settings
from kiosk.card.client import Reader
from kiosk.card.payload import authentication_payload
from kiosk.payment.device import Reservation
from kiosk.portal_answers import IssuanceRequest, Outcome
from kiosk.portal_client import PortalClient
from tests.bench.figures import Figure
from tests.world import city, ports
from tests.world.city import CHECKOUT, DemoCard
from tests.world.demo_city.cast import CAST
from tests.world.house import House, Options
from tests.world.runtime import runtime_folder

ISSUANCES = 60
KIND = "resident_record"
PATIENCE_S = 30


class NotMeasuredError(Exception):
    """Raised when an issuance ends otherwise than with a ticket: the figures would be of something else."""


def measure() -> Iterator[Figure]:
    """Start a house and let residents tap, one after the other."""
    state = CHECKOUT / ".state"
    prepared = city.ready(state)
    house = House(
        state / f"bench-{os.getpid()}",
        runtime_folder(),
        prepared,
        ports=ports.free(),
        options=Options(page_seconds=0),
    )
    with house:
        taken = tap_to_ticket(house, ISSUANCES)
    print(f"measured {len(taken)} issuances", file=sys.stderr)
    yield Figure("tap_to_ticket_ms_p50", statistics.median(taken), "ms")
    yield Figure("tap_to_ticket_ms_p95", statistics.quantiles(taken, n=20)[-1], "ms")
    shutil.rmtree(house.folder, ignore_errors=True)


def tap_to_ticket(house: House, count: int) -> list[float]:
    """Milliseconds from "PIN sent" to "ticket signed" of `count` issuances by different residents in turn."""
    terminal = settings.load(house.folder / "kiosk.toml")
    # The house's own kiosk app holds the reader between residents; the measurement is the only resident now.
    house.services["kiosk"].stop()
    reader, portal = Reader(terminal.reader_socket), PortalClient(terminal)
    taken = []
    for card in islice(cycle(_residents(house)), count + 2):
        house.kiosk_reader.insert(card.card_id)
        taken.append(_one(reader, portal, card))
        house.kiosk_reader.remove()
        reader.reset()
    portal.close()
    return taken[2:]  # the first two warm connections and caches


def _residents(house: House) -> Iterator[DemoCard]:
    cast = {member.resident_number for member in CAST.values()}
    yield from [card for card in house.city.cards() if card.resident_number not in cast][:30]


def _one(reader: Reader, portal: PortalClient, card: DemoCard) -> float:
    presence = _wait_for_card(reader)
    reader.pin_begin(presence)
    for digit in card.pin:
        reader.pin_key(digit)
    begun = time.perf_counter()
    challenge = portal.challenge()
    signed = reader.sign(presence, authentication_payload(challenge.origin, challenge.nonce, challenge.purpose))
    session = portal.open_session(challenge.challenge, signed.der, signed.signature)
    offer = next(offer for offer in session.offers if offer.kind == KIND)
    request = IssuanceRequest(
        request=str(uuid.uuid4()),
        kind=KIND,
        scope="household",
        persons=tuple(person.ref for person in offer.persons),
        items={item.id: item.default for item in offer.items},
    )
    issuance = portal.request_issuance(session.token, request)
    deadline = time.monotonic() + PATIENCE_S
    while issuance.state in {"requested", "rendering"}:
        if time.monotonic() > deadline:
            raise NotMeasuredError(f"still {issuance.state} after {PATIENCE_S} s")
        time.sleep(0.01)
        issuance = portal.issuance(session.token, issuance.issuance)
    if issuance.state != "ready":
        raise NotMeasuredError(f"ended as {issuance.state} {issuance.refusal}")
    if issuance.fee:
        portal.authorise(session.token, issuance.issuance, "contactless", Reservation("measured", issuance.fee))
    portal.release(session.token, issuance.issuance)
    taken = (time.perf_counter() - begun) * 1000
    portal.report_outcome(issuance.issuance, Outcome(state="not_printed", sheets=0, of=1, detail="measured"))
    portal.close_session(session.token)
    return taken


def _wait_for_card(reader: Reader) -> int:
    deadline = time.monotonic() + PATIENCE_S
    while (status := reader.status()).state != "ready":
        if time.monotonic() > deadline:
            raise NotMeasuredError(f"the reader says {status.state}")
        time.sleep(0.05)
    return status.presence
