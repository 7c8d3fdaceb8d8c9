"""Which words of a printer stop the counter, and when it counts as provably empty and able."""

from __future__ import annotations

import pytest

from print_agent.ipp import Attribute, Group, Value, codec
from print_agent.printer import IDLE, MEDIA, Condition, Format, Job, condition_of, format_of, was_refilled
from print_agent.reasons import Kind, Reason, reasons_of


def answer(**changed: Value | tuple[Value, ...]) -> Group:
    attributes: dict[str, Value | tuple[Value, ...]] = {
        "printer-state": Value(codec.ENUM, 3),
        "printer-state-reasons": Value(codec.KEYWORD, "none"),
        "printer-is-accepting-jobs": Value(codec.BOOLEAN, True),
        "media-ready": (Value(codec.KEYWORD, "iso_dl_110x220mm"), Value(codec.KEYWORD, MEDIA)),
        "document-format-supported": Value(codec.MIME_TYPE, "application/pdf"),
    }
    attributes |= {name.replace("_", "-"): value for name, value in changed.items()}
    return Group(
        codec.PRINTER,
        tuple(Attribute(name, (value,) if isinstance(value, Value) else value) for name, value in attributes.items()),
    )


def test_a_stopped_printer_is_blocked_whatever_it_says() -> None:
    for words in ((), ("none",), ("toner-low-report",)):
        assert any(reason.blocking for reason in reasons_of(words, stopped=True))


def test_an_idle_empty_printer_with_a4_is_able() -> None:
    assert condition_of(answer(), ()).able


@pytest.mark.parametrize(
    "changed",
    [
        {"printer_state": Value(codec.ENUM, 4)},
        {"printer_state": Value(codec.ENUM, 5)},
        {"printer_state": ()},
        {"printer_state_reasons": Value(codec.KEYWORD, "media-empty-report")},
        {"printer_is_accepting_jobs": Value(codec.BOOLEAN, False)},
        {"printer_is_accepting_jobs": ()},
        {"media_ready": Value(codec.KEYWORD, "na_letter_8.5x11in")},
        {"media_ready": ()},
        {"document_format_supported": Value(codec.MIME_TYPE, "image/pwg-raster")},
    ],
)
def test_whatever_is_missing_makes_it_unable(changed: dict[str, Value]) -> None:
    assert not condition_of(answer(**changed), ()).able


def test_a_job_in_the_printer_makes_it_unable_even_if_it_calls_itself_idle() -> None:
    somebody = Job(1, None, "other", "somebody", 3, (), 0)
    assert not condition_of(answer(), (somebody,)).able


def test_paper_that_is_not_a4_is_a_need_for_media() -> None:
    condition = condition_of(answer(media_ready=Value(codec.KEYWORD, "na_letter_8.5x11in")), ())
    assert condition.reasons == (Reason("media-needed", blocking=True, kind=Kind.PAPER),)


def tray(name: str, level: int) -> Value:
    return Value(codec.OCTETS, f"type=sheetFeedAutoRemovableTray;level={level};status=0;name={name};".encode())


def loaded(name: str, width: int, height: int) -> Value:
    size = (
        Attribute("x-dimension", (Value(codec.INTEGER, width),)),
        Attribute("y-dimension", (Value(codec.INTEGER, height),)),
    )
    members = (
        Attribute("media-size", (Value(codec.COLLECTION, size),)),
        Attribute("media-source", (Value(codec.KEYWORD, name),)),
    )
    return Value(codec.COLLECTION, members)


@pytest.mark.parametrize(
    ("levels", "sheets"),
    [
        ({"main": 120, "by-pass": 25}, 120),
        ({"main": 0, "by-pass": 25}, 0),
        ({"main": -3, "by-pass": 25}, None),
        ({}, None),
    ],
)
def test_only_a4_that_is_counted_counts(levels: dict[str, int], sheets: int | None) -> None:
    media = (loaded("main", 21000, 29700), loaded("by-pass", 11000, 22000))
    told = answer(media_col_ready=media, printer_input_tray=tuple(tray(*level) for level in levels.items()))
    assert condition_of(told, ()).sheets == sheets


def test_a_tray_that_is_described_in_another_way_tells_nothing() -> None:
    told = answer(
        media_col_ready=(Value(codec.KEYWORD, "x"), loaded("main", 21000, 29700)),
        printer_input_tray=(Value(codec.KEYWORD, "x"), Value(codec.OCTETS, b"level=x;name=main;\xff")),
    )
    assert condition_of(told, ()).sheets is None


def seen(sheets: int | None = None, *, wants: bool = False) -> Condition:
    reasons = (Reason("media-empty", blocking=True, kind=Kind.PAPER),) if wants else ()
    return Condition(IDLE, reasons, (), sheets=sheets)


@pytest.mark.parametrize(
    ("before", "after", "refilled"),
    [
        (seen(3), seen(250), True),
        (seen(250), seen(249), False),
        (seen(250), seen(250), False),
        (seen(wants=True), seen(), True),
        (seen(), seen(wants=True), False),
        (seen(wants=True), seen(wants=True), False),
        (seen(0, wants=True), seen(0), False),
    ],
)
def test_a_refill_is_a_risen_level_or_a_want_that_has_gone(
    before: Condition, after: Condition, refilled: bool
) -> None:
    assert was_refilled(before, after) is refilled


def dots(across: int, feed: int, unit: int = 3) -> Value:
    return Value(codec.RESOLUTION, (across, feed, unit))


@pytest.mark.parametrize(
    ("formats", "kinds", "resolutions", "takes"),
    [
        (("image/pwg-raster", "application/pdf"), ("sgray_8",), (dots(600, 600),), Format("application/pdf")),
        (("image/pwg-raster",), ("black_1", "sgray_8"), (dots(300, 300),), Format("image/pwg-raster", 300)),
        (("image/pwg-raster",), ("sgray_8",), (dots(300, 300), dots(600, 600)), Format("image/pwg-raster", 600)),
        (("image/pwg-raster",), ("sgray_8",), (dots(600, 1200), dots(600, 600, 4)), None),
        (("image/pwg-raster",), ("black_1",), (dots(600, 600),), None),
        (("image/jpeg",), ("sgray_8",), (dots(600, 600),), None),
    ],
)
def test_pdf_is_sent_where_it_is_read_and_else_raster_as_the_printer_wants_it(
    formats: tuple[str, ...], kinds: tuple[str, ...], resolutions: tuple[Value, ...], takes: Format | None
) -> None:
    told = answer(
        document_format_supported=tuple(Value(codec.MIME_TYPE, one) for one in formats),
        pwg_raster_document_type_supported=tuple(Value(codec.KEYWORD, one) for one in kinds),
        pwg_raster_document_resolution_supported=resolutions,
    )
    assert format_of(told) == takes
