"""The browser's rules are the portal's rules: the same cases, bit by bit, in Debian's Chromium."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict

import cbor2
import playwright.sync_api as playwright
import pytest

from portal.certificates.papers.judging import Verdict, judge
from portal.certificates.sealing import stamp as stamping
from portal.certificates.sealing.cbor import StampUnreadable
from tests.portal.certificates.papers.cases import ADDRESSES, cases
from tests.portal.certificates.papers.making import ORIGIN, Sealer, key_list, paper

_JUDGE = """async (cases) => {
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const judged = [];
  for (const { sheets, keys, standing, comparison } of cases) {
    const codes = sheets.map((sheet) => sheet.map(bytes));
    judged.push(await papers.judge(codes, keys, { standing, comparison }));
  }
  return judged;
}"""
_NUMBERS = ("", "7KQ2M-X84T", "7KQ2M-X84TO", "7kq2m-x84tb", "7KQ2MX84TB", b"7KQ2M-X84TB", "7KQ2M-X84TB\n")
_READ = """(codes) => codes.map((text) => {
  const stamp = papers.readStamp(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
  return stamp && [stamp.number, stamp.page, stamp.pages, stamp.day, stamp.link, papers.hex(stamp.secret)];
})"""


def _text(code: bytes) -> str:
    return b64encode(code).decode("ascii")


@pytest.fixture
def rules(page: playwright.Page, address: str) -> playwright.Page:
    """The page, whose modules can be called."""
    page.goto(address)
    return page


def test_every_case_of_judging_ends_alike(rules: playwright.Page) -> None:
    every = cases()
    asked = [
        {
            "sheets": [[_text(code) for code in sheet] for sheet in case.sheets],
            "keys": json.loads(case.keys.to_json()),
            "standing": case.standing and {"status": case.standing.status, "reason": case.standing.reason},
            "comparison": case.comparison,
        }
        for case in every
    ]
    found = rules.evaluate(_JUDGE, asked)
    wanted = [json.loads(json.dumps(asdict(case.judged()), default=lambda day: day.isoformat())) for case in every]
    assert dict(zip([case.name for case in every], found, strict=True)) == dict(
        zip([case.name for case in every], wanted, strict=True)
    )


def test_every_address_is_taken_for_the_same(rules: playwright.Page) -> None:
    found = rules.evaluate(
        "([texts, ours]) => texts.map((text) => papers.addressKind(text, ours))", [[*ADDRESSES], ORIGIN]
    )
    assert dict(zip(ADDRESSES, found, strict=True)) == {text: kind.value for text, kind in ADDRESSES.items()}


def test_no_bit_of_a_stamp_can_be_turned_in_the_browser_either(rules: playwright.Page) -> None:
    ours = Sealer()
    (code,) = paper().codes(ours)
    turned = []
    for bit in range(0, len(code) * 8, 3):
        changed = bytearray(code)
        changed[bit // 8] ^= 1 << bit % 8
        turned.append(bytes(changed))
    keys = json.loads(key_list(ours).to_json())
    found = rules.evaluate(_JUDGE, [{"sheets": [[_text(one)]], "keys": keys} for one in turned])
    assert {judged["verdict"] for judged in found} == {Verdict.UNKNOWN_ISSUER}
    assert [judged["reason"] for judged in found] == [judge([[one]], key_list(ours)).reason for one in turned]


def test_the_same_bytes_are_stamps_and_the_same_are_not(rules: playwright.Page) -> None:
    codes = _spellings(paper(12).codes(Sealer())[6])
    found = rules.evaluate(_READ, [_text(code) for code in codes])
    assert found == [_read(code) for code in codes]
    assert sum(one is not None for one in found) == 1


def _read(code: bytes) -> list[object] | None:
    try:
        stamp = stamping.decode(code).stamp
    except StampUnreadable:
        return None
    return [
        stamp.issue_number, stamp.page, stamp.pages, stamp.day.isoformat(), stamp.link.hex(), stamp.secret.hex()
    ]  # fmt: skip


def _spellings(code: bytes) -> Sequence[bytes]:
    """A stamp, and what is nearly one."""
    protected, unprotected, payload, signature = cbor2.loads(code)
    inner = cbor2.loads(payload)

    def outer(
        *, head: object = protected, loose: object = unprotected, body: object = payload, end: object = signature
    ) -> bytes:
        return cbor2.dumps([head, loose, body, end])

    def with_value(place: int, value: object) -> bytes:
        changed = list(inner)
        changed[place] = value
        return outer(body=cbor2.dumps(changed))

    return [
        code,
        b"",
        code[:-1],
        code + b"\0",
        b"\xd2" + code,
        b"\x9f" + code[1:] + b"\xff",
        b"\x98\x04" + code[1:],
        outer(head=cbor2.dumps({1: -8})),
        outer(head=b""),
        outer(loose={}),
        outer(loose={4: b"\0\0\0"}),
        outer(loose={4: b"\0\0\0\0\0"}),
        outer(loose={5: b"\0\0\0\0"}),
        outer(loose={4: b"\0\0\0\0", 5: 1}),
        outer(loose={4: "abcd"}),
        outer(body=payload.decode("latin-1")),
        outer(body=cbor2.dumps([*inner, 0])),
        outer(body=cbor2.dumps(inner[:-1])),
        outer(body=payload + b"\0"),
        outer(end=signature[:-1]),
        outer(end=b""),
        *(with_value(0, value) for value in (0, 2, -1, 1.0, True, "1", None)),
        *(with_value(1, value) for value in (0, 1_000_000, -982016, 982016.0, 2**32, 2**64)),
        *(with_value(2, value) for value in _NUMBERS),
        *(with_value(3, value) for value in (0, 13, -1, "7")),
        *(with_value(4, value) for value in (0, 6, 100, 2**16)),
        *(with_value(5, value) for value in (65536, -1, "x")),
        *(with_value(6, value) for value in (b"", bytes(23), bytes(25), "x" * 24)),
        *(with_value(7, value) for value in (b"", bytes(15), bytes(17))),
    ]  # fmt: skip
