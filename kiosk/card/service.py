"""The Unix socket of the reader process: requests in, answers out (:mod:`kiosk.card.protocol`)."""

import asyncio
import base64
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from kiosk.card.pin import PinBuffer, PinFullError, PinIncompleteError
from kiosk.card.protocol import (
    LONGEST_LINE,
    Answer,
    BadRequestError,
    Certificate,
    Code,
    PinBegin,
    PinClear,
    PinErase,
    PinKey,
    Request,
    Reset,
    Sign,
    Status,
    answer_line,
    parse_request,
)
from kiosk.card.reader import CardChangedError, NotReadyError, Reader
from kiosk.card.states import State
from kiosk.card.token import (
    CardFaultError,
    CardMissingError,
    PinBlockedError,
    PinWrongError,
    ReaderMissingError,
)
from kiosk.card.tokens import Tries

log = logging.getLogger(__name__)
_WATCH_SECONDS = 0.5
_NOT_READY = {
    State.NO_READER: Code.NO_READER,
    State.NO_CARD: Code.NO_CARD,
    State.READING: Code.BAD_STATE,
    State.NOT_JPKI: Code.NOT_JPKI,
    State.CARD_ERROR: Code.CARD_ERROR,
    State.BLOCKED: Code.PIN_BLOCKED,
}


class PinNeededError(Exception):
    """Raised when the certificate is asked for that the card shows only after its password."""


_REFUSALS: dict[type[Exception], Code] = {
    BadRequestError: Code.BAD_REQUEST,
    CardChangedError: Code.CARD_CHANGED,
    PinFullError: Code.PIN_FULL,
    PinNeededError: Code.PIN_NEEDED,
    PinIncompleteError: Code.PIN_INCOMPLETE,
    PinWrongError: Code.PIN_WRONG,
    PinBlockedError: Code.PIN_BLOCKED,
    CardFaultError: Code.CARD_ERROR,
    CardMissingError: Code.CARD_REMOVED,
    ReaderMissingError: Code.NO_READER,
}


class ReaderThreadEndedError(Exception):
    """Raised when the thread that owns the card has died: the process must end and be started anew."""


class Service:
    """Answers requests. Lives in the event loop's thread; the card lives in the reader's."""

    def __init__(self, reader: Reader, pin: PinBuffer) -> None:
        self._reader = reader
        self._pin = pin
        self._typing_for: int | None = None

    async def answer(self, line: bytes) -> Answer:
        """The answer to one line. Refusals are answers; only defects raise."""
        try:
            return {"ok": True, **await self._carry_out(parse_request(line, self._pin.rules))}
        except (PinWrongError, CardFaultError) as error:
            return {**_refusal(error), **self._told(error.tries)}
        except tuple(_REFUSALS) as error:
            return _refusal(error)
        except NotReadyError as error:
            return _answer_no(_NOT_READY.get(error.state, Code.BAD_STATE))

    async def _carry_out(self, request: Request) -> Answer:
        answer: Answer
        match request:
            case Status():
                now = self._reader.snapshot
                answer = {
                    "token": self._pin.rules.kind.value,
                    "state": now.state.value,
                    **self._told(now.tries),
                    "presence": now.presence,
                }
            case Certificate(presence):
                answer = {"der": self._certificate(presence), "presence": presence}
            case PinBegin(presence):
                answer = self._begin(presence)
            case PinKey() | PinErase() | PinClear():
                answer = {"count": self._type(request)}
            case Sign(presence, payload):
                answer = await self._sign(presence, payload)
            case Reset():
                self._typing_for = None
                await asyncio.wrap_future(self._reader.reset())
                answer = {}
        return answer

    def _type(self, key: PinKey | PinErase | PinClear) -> int:
        if self._typing_for is None:
            raise NotReadyError(State.READY)
        if self._typing_for != self._reader.snapshot.presence:
            self._pin.wipe()
            self._typing_for = None
            raise CardChangedError
        if isinstance(key, PinKey):
            return self._pin.add(key.key)
        if isinstance(key, PinErase):
            return self._pin.erase()
        self._pin.wipe()
        return 0

    def _told(self, tries: Tries | None) -> Answer:
        return {
            "tries": tries.value if tries else None,
            "tries_left": self._pin.rules.numbers.get(tries) if tries else None,
        }

    def _certificate(self, presence: int) -> str:
        if not self._pin.rules.certificate_is_public:
            raise PinNeededError
        now = self._reader.snapshot
        if now.presence != presence:
            raise CardChangedError
        if now.facts is None:
            raise NotReadyError(now.state)
        return base64.b64encode(now.facts.certificate).decode()

    def _begin(self, presence: int) -> Answer:
        now = self._reader.snapshot
        self._pin.wipe()
        self._typing_for = None
        if now.presence != presence:
            raise CardChangedError
        if now.state is not State.READY:
            raise NotReadyError(now.state)
        self._typing_for = presence
        return {"count": 0}

    async def _sign(self, presence: int, payload: bytes) -> Answer:
        self._typing_for = None
        signed = await asyncio.wrap_future(self._reader.sign(presence, payload))
        return {
            "signature": base64.b64encode(signed.value).decode(),
            "der": base64.b64encode(signed.certificate).decode(),
        }


async def listen(service: Service, path: Path, is_alive: Callable[[], bool], stop: asyncio.Event) -> None:
    """Serve the socket until ``stop`` is set. Raises :class:`ReaderThreadEndedError`."""
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(
        lambda reader, writer: _converse(service, reader, writer), path, limit=LONGEST_LINE
    )
    path.chmod(0o600)
    log.info("listening")
    async with server:
        while not stop.is_set():
            if not is_alive():
                raise ReaderThreadEndedError
            try:
                await asyncio.wait_for(stop.wait(), _WATCH_SECONDS)
            except TimeoutError:
                continue
    path.unlink(missing_ok=True)


async def stop_with_stdin(stop: asyncio.Event) -> None:
    """Set ``stop`` when standard input is closed: whoever started this process has gone."""
    lifeline = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lifeline), sys.stdin)
    await lifeline.read()
    stop.set()


async def _converse(service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while line := await reader.readline():
            writer.write(answer_line(await service.answer(line)))
            await writer.drain()
    except ValueError:  # a line beyond the limit: what follows cannot be told from its rest
        writer.write(answer_line(_answer_no(Code.BAD_REQUEST)))
    except ConnectionError:
        log.debug("a client went away")
    finally:
        writer.close()


def _refusal(error: Exception) -> Answer:
    return _answer_no(_REFUSALS[type(error)])


def _answer_no(code: Code) -> Answer:
    return {"ok": False, "error": code.value}
