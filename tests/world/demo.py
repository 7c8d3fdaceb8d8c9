"""`python -m tests.world.demo [--once]`: the whole house in the foreground, or one run through it."""

import argparse
import json
import os
import signal
import sys
import threading

from tests.world import city, ports
from tests.world.city import CHECKOUT, STAFF, STAFF_PASSWORD, City
from tests.world.demo_city.cast import CAST
from tests.world.house import House, Options
from tests.world.jpki.authority import SIGN_PASSWORD
from tests.world.runtime import runtime_folder
from tests.world.service import NotHealthyError

STATE = CHECKOUT / ".state"


def main() -> int:
    """Start, say where, wait for Ctrl-C; or drive one certificate and one 転出届 and report one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--once", action="store_true")
    arguments = parser.parse_args()
    # A terminal that closes, or a shell that starts this behind its back, ends the demo as Ctrl-C does.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    print("preparing the city (about a minute the first time)", file=sys.stderr, flush=True)
    return _once() if arguments.once else _stay()


def _stay() -> int:
    try:
        chosen = ports.for_people()
    except ports.PortTakenError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    prepared = city.ready(STATE)
    try:
        with House(
            STATE / "demo", runtime_folder(), prepared, ports=chosen, options=Options(with_page=True)
        ) as house:
            print(_welcome(house, prepared), flush=True)
            threading.Event().wait()
    except NotHealthyError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    return 0


def _once() -> int:
    # Imported here: staying needs no browser.
    from tests.world.drive import drive_once  # noqa: PLC0415

    prepared = city.ready(STATE)
    folder = STATE / f"once-{os.getpid()}"
    outcome = drive_once(House(folder, runtime_folder(), prepared, ports=ports.free()), kept=STATE / "once")
    print(json.dumps(outcome, ensure_ascii=False), flush=True)
    return 0 if outcome["outcome"] == "success" else 1


def _welcome(house: House, prepared: City) -> str:
    secret = (house.folder / "secrets" / "staff.totp").read_text()
    lines = [
        "",
        "みさき市 is open. Ctrl-C stops everything.",
        "",
        f"  outside world (cards, paper)  {house.page_url}",
        f"  kiosk                         {house.kiosk_url}",
        f"  resident portal               {house.origin('resident')}/",
        f"  review desk                   {house.origin('staff')}/",
        f"  check a certificate           {house.origin('verify')}/",
        f"  (the portal's certificate comes from this demo's own authority: {house.folder / 'tls' / 'ca.pem'})",
        "",
        f"  staff: {', '.join(f'{login} ({role})' for login, (_, role) in STAFF.items())}",
        f"  password {STAFF_PASSWORD}, one-time codes from the secret {secret}",
        f"  code now: {_code_now(secret)}",
        "",
        f"  demo residents (card, PIN, state); the 署名用 password of every card is {SIGN_PASSWORD}:",
    ]
    cast = {member.resident_number for member in CAST.values()}
    named = [card for card in prepared.cards() if card.resident_number in cast]
    lines += [f"    {card.card_id:<24} {card.pin}  {card.state:<9} {card.label}" for card in named]
    return "\n".join(lines)


def _code_now(secret: str) -> str:
    import pyotp  # noqa: PLC0415

    return str(pyotp.TOTP(secret).now())


if __name__ == "__main__":
    sys.exit(main())
