"""What a certificate costs, from its finished words to the signed file, and how that compares with plain WeasyPrint.

A full issue is what the worker does between reading the records and storing the document: every text held against the
font, the codes of all pages, PDF/A-3u, the document's signature; keys lie in a SoftHSM token and are used through
PKCS#11. Processes are forked from a warm one, as the worker's are.
"""

import gc
import io
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Generic, TypeVar

from PIL import Image
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from portal.certificates import press as press_room
from portal.certificates.forms import slots, tint
from portal.certificates.forms.bits import Bits
from portal.certificates.kinds import kind_of
from portal.certificates.paper import Issue, Layout
from portal.certificates.press import Press
from portal.certificates.seal import seal_of
from portal.certificates.sealing import Sealing
from portal.certificates.sealing.active import Active
from portal.keys import Purpose, SigningKeys
from portal.settings import TokenSettings
from tests.bench.figures import Figure
from tests.portal.certificates.households import household, persons_at_a_kiosk
from tests.portal.certificates.sealing.papers import seal_keys
from tests.portal.certificates.sheets import ISSUE
from tests.world import hsm

WARM, CERTIFICATES, LARGE, ROUNDS = 40, 600, 80, 9
THROUGHPUT_SECONDS = 6.0
Answer = TypeVar("Answer")
_FORK = multiprocessing.get_context("fork")
_KIND = kind_of("resident_record")
_RULES = f".slot {{ white-space: pre }} .sheet {{ background: url(press:tint) 0 0 / {tint.WIDTH}pt }}"
_NUMBERS = "2346789ACDEFGHJKLMNPQRTUVWXYZ"


def measure() -> Iterator[Figure]:
    """Latency and throughput of full issues, then the speed-up of unsigned files over WeasyPrint."""
    with tempfile.TemporaryDirectory() as folder:
        hsm.create_token(Path(folder) / "hsm", "bench")
        token = TokenSettings(module=hsm.MODULE, label="bench", pin=hsm.PIN)
        active = _in_child(lambda: _made_keys(token, Path(folder)))
        press = Press(Path(folder) / "press")
        press._forms(_KIND, ISSUE.seal)
        gc.collect()
        gc.freeze()
        taken = _in_child(lambda: _latencies(press, token, active, persons_at_a_kiosk, CERTIFICATES))
        hundredths = statistics.quantiles(taken, n=100)
        yield Figure("certificate_p50_ms", hundredths[49], "ms")
        yield Figure("certificate_p95_ms", hundredths[94], "ms")
        yield Figure("certificate_p99_ms", hundredths[98], "ms")
        large = _in_child(lambda: _latencies(press, token, active, lambda _: 24, LARGE))
        yield Figure("certificate_24_persons_p95_ms", statistics.quantiles(large, n=20)[-1], "ms")
        yield Figure("certificate_docs_per_s", _throughput(press, token, active), "1/s")
        yield Figure("certificate_speedup_vs_weasyprint", _in_child(lambda: _speed_up(press)), "ratio")


def _made_keys(token: TokenSettings, folder: Path) -> Active:
    """Keys of the token, the document key certified; in a process of its own, as PKCS#11 does not pass a fork."""
    keys = SigningKeys(token)
    for purpose in (Purpose.PAGE_STAMP, Purpose.DOCUMENT_SEAL):
        keys.create(purpose, datetime.now(UTC))
    (folder / "office").mkdir()
    return seal_keys(keys, folder / "office").active


def _latencies(
    press: Press, token: TokenSettings, active: Active, persons: Callable[[Random], int], count: int
) -> list[float]:
    """Milliseconds of each of `count` full issues, one after the other."""
    sealing, random = Sealing(SigningKeys(token), lambda: active), Random(1)
    orders = [(household(random, persons(random)), _issue(random)) for _ in range(WARM + count)]
    taken = []
    for layout, issue in orders:
        begun = time.perf_counter()
        press.print(_KIND, layout, issue, datetime.now(UTC), sealing)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken[WARM:]


def _throughput(press: Press, token: TokenSettings, active: Active) -> float:
    """Full issues a second on all cores: one process for each."""
    cores = len(os.sched_getaffinity(0))
    start = _FORK.Barrier(cores)

    def issue_on(seed: int) -> float:
        sealing, random = Sealing(SigningKeys(token), lambda: active), Random(seed)
        orders = [(household(random, persons_at_a_kiosk(random)), _issue(random)) for _ in range(2000)]
        for layout, issue in orders[:WARM]:
            press.print(_KIND, layout, issue, datetime.now(UTC), sealing)
        start.wait()
        done, begun = 0, time.perf_counter()
        while (spent := time.perf_counter() - begun) < THROUGHPUT_SECONDS:
            layout, issue = orders[(WARM + done) % len(orders)]
            press.print(_KIND, layout, issue, datetime.now(UTC), sealing)
            done += 1
        return done / spent

    children = [_Child(lambda seed=seed: issue_on(seed)) for seed in range(cores)]  # type: ignore[misc]
    return sum(child.answer() for child in children)


def _speed_up(press: Press) -> float:
    """How many times as long WeasyPrint takes for four persons; both medians of interleaved rounds."""
    random, plain = Random(4), _PlainWeasyPrint(press)
    layouts = [household(random, 4) for _ in range(ROUNDS + 2)]
    ours, theirs = [], []
    for layout in layouts:
        html, codes = plain.page(layout)
        begun = time.perf_counter()
        plain.pdf(html, codes)
        between = time.perf_counter()
        press.unsigned(_KIND, layout, ISSUE, datetime.now(UTC))
        theirs.append(between - begun)
        ours.append(time.perf_counter() - between)
    return statistics.median(theirs[2:]) / statistics.median(ours[2:])


class _PlainWeasyPrint(URLFetcher):  # type: ignore[misc]  # WeasyPrint is not typed
    """The same pages by WeasyPrint alone, with everything kept that its documentation says may be kept.

    One fetcher, one font configuration, parsed styles, and a cache of pictures; codes and tint as PNG of one bit.
    """

    def __init__(self, press: Press) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self._press = press
        self._fonts = FontConfiguration()
        self._pictures: dict[str, tuple[bytes, str]] = {
            slots.SEAL: (ISSUE.seal.picture, "image/svg+xml"),
            "press:tint": (_png(tint.tile()), "image/png"),
        }
        self._kept: dict[str, object] = {}
        frame = _KIND.folder.parent / "frame"
        self._template = slots.page_template(_KIND.folder, frame)
        self._styles = [
            self._css(string=_RULES),
            self._css(filename=frame / "frame.css"),
            self._css(filename=_KIND.folder / "page.css"),
        ]

    def _css(self, **source: object) -> CSS:
        return CSS(**source, font_config=self._fonts, url_fetcher=self)

    def fetch(self, url: str, _headers: EmailMessage | None = None) -> URLFetcherResponse:
        body, media = self._pictures[url]
        return URLFetcherResponse(url, body=body, headers={"Content-Type": media})

    def page(self, layout: Layout) -> tuple[str, bytes]:
        """The finished HTML of a layout of one sheet, its lines broken by the press, and its code."""
        (sheet,) = layout.sheets
        common, code = press_room._common(ISSUE, 1, 1, press_room._NO_TIE), press_room._NO_CODE
        lines = self._press._page(self._press._forms(_KIND, ISSUE.seal), sheet, common, code).lines

        def setter(path: str, _most: int) -> tuple[str, ...]:
            return lines[path]

        values, others = slots.planted(sheet.values, "", setter), slots.planted(common, "", setter)
        html = self._template.render(form=sheet.form, sheet=values, **vars(others))
        return slots.document([html]), _png(code)

    def pdf(self, html: str, code: bytes) -> bytes:
        """PDF/A-3u."""
        self._pictures[slots.QR] = (code, "image/png")
        self._kept.pop(slots.QR, None)
        document = HTML(string=html, url_fetcher=self)
        made: bytes = document.write_pdf(
            stylesheets=self._styles, font_config=self._fonts, cache=self._kept, pdf_variant="pdf/a-3u"
        )
        return made


def _png(bits: Bits) -> bytes:
    # Pillow packs white as 1.
    inverted = bytes(byte ^ 0xFF for byte in bits.rows)
    written = io.BytesIO()
    Image.frombytes("1", (bits.width, bits.height), inverted).save(written, "PNG")
    return written.getvalue()


def _issue(random: Random) -> Issue:
    number = "".join(random.choices(_NUMBERS, k=10))
    return replace(ISSUE, number=f"982016-{number[:5]}-{number[5:]}", seal=seal_of("982016"))


class _Child(Generic[Answer]):
    """A function at work in a process of its own, forked from this one."""

    def __init__(self, function: Callable[[], Answer]) -> None:
        self._answers, theirs = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_answer, args=(function, theirs))
        self._process.start()
        theirs.close()

    def answer(self) -> Answer:
        """What the function has returned; raises EOFError when it failed, with its traceback on standard error."""
        found: Answer = self._answers.recv()
        self._process.join()
        return found


def _answer(function: Callable[[], object], answers: "Connection[object, object]") -> None:
    answers.send(function())
    answers.close()


def _in_child(function: Callable[[], Answer]) -> Answer:
    return _Child(function).answer()
