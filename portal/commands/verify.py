"""`python -m portal verify FILE… [--online]`: are these the sheets of one genuine certificate?"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from portal import database
from portal.certificates.papers import checks, contents, files, photo, standing
from portal.certificates.papers.contents import Words
from portal.certificates.papers.document import DocumentSignature, examine
from portal.certificates.papers.files import FileUnreadable, SeenSheet
from portal.certificates.papers.judging import (
    Comparison,
    Judgement,
    Reason,
    Standing,
    Status,
    Verdict,
    judge,
)
from portal.certificates.papers.tables import CheckResult
from portal.certificates.sealing import stamp as stamping
from portal.certificates.sealing import tie
from portal.certificates.sealing.cbor import StampUnreadable
from portal.certificates.sealing.key_list import KeyList, key_list, read
from portal.certificates.sealing.stamp import Stamp
from portal.ground import Ground

EXIT_CODES: dict[Verdict, int] = {
    Verdict.GENUINE_CURRENT: 0,
    Verdict.GENUINE_OFFLINE: 10,
    Verdict.WITHDRAWN: 11,
    Verdict.ALTERED: 12,
    Verdict.DIFFERENT_SETS: 13,
    Verdict.INCOMPLETE_SET: 14,
    Verdict.UNKNOWN_ISSUER: 15,
    Verdict.UNREADABLE: 16,
}
NOT_COMPARED = 17
_EPILOGUE = """\
exit codes:
  0   genuine, current, and the words are those that were issued
  10  genuine; whether it was withdrawn, and its words, were not looked at (use --online)
  11  withdrawn
  12  altered: the words or the document are not as issued
  13  sheets of different certificates or renderings
  14  sheets are missing
  15  not of this municipality, or not by a key that counts
  16  no code could be read
  17  genuine and current, but the words could not be compared: do it by eye
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `verify`."""
    parser = subparsers.add_parser(
        "verify",
        help="check PDFs, scans or photos of a certificate",
        description="Several files are the sheets of one certificate.",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="PDF, PNG or JPEG")
    parser.add_argument(
        "--online", action="store_true", help="ask the record as well: standing and words; the check is kept"
    )
    parser.add_argument("--keys", type=Path, help="a saved key list (default: this portal's own)")
    parser.set_defaults(run=_verify)


@dataclass(frozen=True, repr=False)
class _Asked:
    """What the record says, and how the words compare with it."""

    standing: Standing
    comparison: Comparison | None


def _verify(arguments: argparse.Namespace, ground: Ground) -> int:
    try:
        keys = _keys(arguments.keys, ground)
        sheets, documents = _open(arguments.files, keys)
    except (OSError, FileUnreadable) as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return EXIT_CODES[Verdict.UNREADABLE]
    unsound = [found for found in documents if found not in {DocumentSignature.OURS, DocumentSignature.NONE}]
    comparison = Comparison.DIFFERS if unsound else None
    found = judge([sheet.codes for sheet in sheets], keys, comparison=comparison)
    if arguments.online and found.verdict in {Verdict.GENUINE_OFFLINE, Verdict.INCOMPLETE_SET}:
        asked = _ask(ground, sheets)
        found = judge([sheet.codes for sheet in sheets], keys, standing=asked.standing, comparison=asked.comparison)
    return _conclude(found)


def _keys(saved: Path | None, ground: Ground) -> KeyList:
    if saved is not None:
        return read(saved.read_text(encoding="utf-8"))
    with database.transaction(ground.engine) as connection:
        return key_list(connection, ground.settings.verify_origin)


def _open(paths: Sequence[Path], keys: KeyList) -> tuple[list[SeenSheet], list[DocumentSignature]]:
    sheets: list[SeenSheet] = []
    documents: list[DocumentSignature] = []
    for path in paths:
        content = path.read_bytes()
        if files.is_pdf(content):
            documents.append(examine(content, keys.keys))
            print(f"{path.name}: signature of the document: {documents[-1].value}")
        for number, sheet in enumerate(files.sheets_in(content), 1):
            said = ", ".join(_said(code) for code in sheet.codes) or "no code"
            print(f"{path.name}: sheet {number}: {said}")
            sheets.append(sheet)
    return sheets, documents


def _ask(ground: Ground, sheets: Sequence[SeenSheet]) -> _Asked:
    by_page = {stamp.page: (stamp, sheet) for sheet in sheets for stamp in _stamps(sheet)}
    first = next(iter(by_page.values()))[0]
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        key = contents.access_key(first.secret, first.issue_number)
        held = standing.held(connection, first.issue_number, key)
    if held is None:
        print("record: nothing is on record for this paper")
        return _Asked(Standing(Status.NOT_ON_RECORD), None)
    print(f"record: {held.standing.status.value}")
    # Between two transactions: setting the true page takes longer than one may wait.
    comparison = _compare(held.ciphertext, first, by_page, ground)
    if comparison in {Comparison.DIFFERS, Comparison.RECORD_CONTRADICTS}:
        result = CheckResult.ALTERED
    else:
        result = CheckResult.WITHDRAWN if held.standing.status is Status.WITHDRAWN else CheckResult.CURRENT
    with database.transaction(ground.engine) as connection:
        checks.record(connection, held.issuance, result, now)
    return _Asked(held.standing, comparison)


def _compare(
    ciphertext: bytes, first: Stamp, by_page: dict[int, tuple[Stamp, SeenSheet]], ground: Ground
) -> Comparison | None:
    try:
        words = contents.disclose(ciphertext, first.secret, first.issue_number)
    except contents.ContentUnreadable:
        return Comparison.RECORD_CONTRADICTS
    if not _vouched_for(words, first, [stamp for stamp, _ in by_page.values()]):
        return Comparison.RECORD_CONTRADICTS
    results = set()
    for page, (stamp, sheet) in sorted(by_page.items()):
        has_text = bool(sheet.text.strip())
        results.add(_compare_text(words, page, sheet) if has_text else _compare_picture(words, stamp, sheet, ground))
    if Comparison.DIFFERS in results:
        return Comparison.DIFFERS
    return None if None in results else Comparison.SAME


def _vouched_for(words: Words, first: Stamp, stamps: Sequence[Stamp]) -> bool:
    """Whether these are the very words that the stamps were made over."""
    if (words.number, words.day, len(words.pages)) != (first.issue_number, first.day, first.pages):
        return False
    links = tie.bind(words, first.secret).links
    return all(links[stamp.page - 1][: stamping.LINK_BYTES] == stamp.link for stamp in stamps)


def _compare_text(words: Words, page: int, sheet: SeenSheet) -> Comparison:
    """Hold the text of a PDF against the record."""
    seen = _without_spaces(sheet.text)
    issued = words.pages[page - 1].texts
    wrong = [text for text in issued if _without_spaces(text.text) not in seen]
    for text in wrong:
        print(f"words: sheet {page}: {text.label or text.path} is not as issued")
    if not wrong:
        print(f"words: sheet {page}: all {len(issued)} as issued")
    return Comparison.DIFFERS if wrong else Comparison.SAME


def _compare_picture(words: Words, stamp: Stamp, sheet: SeenSheet, ground: Ground) -> Comparison | None:
    """Hold a photo against the true page, set once more; None where it cannot be made out well enough."""
    # Imported here: typesetting is loaded only where a photo is compared.
    from portal.certificates.papers.true_pages import NotComparable, TruePages  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        pages = TruePages(Path(folder), f"{ground.settings.verify_origin}/")
        try:
            found = pages.differences(words, stamp, tie.bind(words, stamp.secret).code, sheet.picture)
        except NotComparable:
            print(f"words: sheet {stamp.page} cannot be made out; compare it by eye")
            return None
    labels = {text.path: text.label or text.path for text in words.pages[stamp.page - 1].texts}
    for one in found:
        print(f"words: sheet {stamp.page}: {labels.get(one.path, one.path or 'beside the texts')}: {one.sight.value}")
    if any(one.sight is not photo.Sight.UNCLEAR for one in found):
        return Comparison.DIFFERS
    if found:
        return None
    print(f"words: sheet {stamp.page}: all {len(labels)} as issued")
    return Comparison.SAME


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def _stamps(sheet: SeenSheet) -> list[Stamp]:
    found = []
    for code in sheet.codes:
        try:
            found.append(stamping.decode(code).stamp)
        except StampUnreadable:
            continue
    return found


def _said(code: bytes) -> str:
    try:
        stamp = stamping.decode(code).stamp
    except StampUnreadable:
        return "a code that is no stamp"
    return f"stamp {stamp.issue_number} {stamp.page}/{stamp.pages} {stamp.day.isoformat()}"


def _conclude(found: Judgement) -> int:
    if found.missing:
        print(f"missing: sheet {', '.join(map(str, found.missing))} of {found.pages}")
    if found.double:
        print(f"more than once: sheet {', '.join(map(str, found.double))}")
    print(json.dumps({"verdict": found.verdict.value, "reason": found.reason.value, "number": found.number}))
    return NOT_COMPARED if found.reason is Reason.TEXT_NOT_COMPARED else EXIT_CODES[found.verdict]
