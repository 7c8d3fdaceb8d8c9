"""The kept words: opened by what stands on the paper, and by nothing that the municipality has."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import certificates, database
from portal.certificates import Answer, State
from portal.certificates.kinds import kind_of
from portal.certificates.paper import Issue, Layout, Picture, Seal, Sheet, labelled
from portal.certificates.papers import contents
from portal.certificates.papers.contents import Content, ContentUnknown, ContentUnreadable, PageContent, Words
from portal.certificates.papers.tables import issuance_contents
from portal.certificates.sealing import Sealed, Sealing, tie
from portal.certificates.sealing.sealer import AnotherMunicipality
from portal.certificates.sealing.stamp import decode
from portal.certificates.values import Text
from portal.keys import UndecipherableField
from tests.portal.certificates.conftest import Kiosk, Visit
from tests.portal.conftest import MovableClock
from tests.portal.register.people import TESTER

MARKER = "封緘　紙子"
NUMBER = "982016-ABCDE-23456"
SECRET = b"s" * 16
WORDS = Words(
    kind="resident_record",
    name="住民票の写し",
    number=NUMBER,
    day=date(2026, 11, 24),
    pages=(PageContent("1", (Text("name", "氏名", MARKER),), (("impression", b"\x89PNG"),)),),
)

IMPRESSION = Picture(b"\x89PNG")


@dataclass(frozen=True, repr=False)
class Values:
    name: str = labelled("氏名")
    impression: Picture = IMPRESSION


def sealed(sealing: Sealing, number: str = NUMBER, sheets: int = 2) -> Sealed:
    issue = Issue(
        number=number, day=date(2026, 11, 24), office="みさき市長", officer="岬　はじめ", seal=Seal(b""),
        municipality_code="982016", verify_address="https://verify.misaki.example/",
    )  # fmt: skip
    layout = Layout(tuple(Sheet("1", Values(f"{MARKER}{place}")) for place in range(sheets)))
    return sealing.begin(issue, kind_of("resident_record"), layout, "982016")


def keep(kiosk: Kiosk, issuance: UUID, content: Content) -> None:
    with database.transaction(kiosk.ground.engine) as connection:
        contents.store(connection, issuance, content, kiosk.ground.clock.now())


def kept(kiosk: Kiosk, issuance: UUID) -> int:
    with database.transaction(kiosk.ground.engine) as connection:
        return connection.execute(
            sa.select(sa.func.count())
            .select_from(issuance_contents)
            .where(issuance_contents.c.issuance_id == issuance)
        ).scalar_one()


def rendered(kiosk: Kiosk, visit: Visit, sealing: Sealing) -> tuple[UUID, Sealed]:
    """An issuance that is ready, with words kept that are easy to find."""
    issuance = kiosk.asked(visit)
    kiosk.render(issuance)
    made = sealed(sealing, kiosk.row(issuance).issue_number)
    with database.transaction(kiosk.ground.engine) as connection:
        # In place of what the worker has kept, whose secret stands on the paper only.
        contents.erase(connection, issuance)
    keep(kiosk, issuance, made.content)
    return issuance, made


def test_words_come_back_by_the_secret_alone() -> None:
    assert contents.disclose(contents.enclose(WORDS, SECRET).ciphertext, SECRET, NUMBER) == WORDS


def derived(info: bytes, length: int) -> bytes:
    """RFC 5869, written out: extract with the issue number, then one block of expand."""
    extracted = hmac.digest(NUMBER.encode(), SECRET, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")[:length]


def test_the_keys_are_derived_as_documented_and_the_one_does_not_give_the_other() -> None:
    content = contents.enclose(WORDS, SECRET)
    access = derived(b"madoguchi access 1", 16)
    assert contents.access_key(SECRET, NUMBER) == access
    assert content.access_sha256 == hashlib.sha256(access).digest()
    opened = AESGCM(derived(b"madoguchi content 1", 32)).decrypt(
        content.ciphertext[:12], content.ciphertext[12:], NUMBER.encode()
    )
    assert json.loads(opened) == {
        "v": 1,
        "kind": WORDS.kind,
        "name": WORDS.name,
        "number": NUMBER,
        "day": "2026-11-24",
        "pages": [{"form": "1", "texts": [["name", "氏名", MARKER]], "pictures": [["impression", "iVBORw=="]]}],
    }


@pytest.mark.parametrize(("secret", "number"), [(b"t" * 16, NUMBER), (SECRET, "982016-ABCDE-23457")])
def test_another_secret_or_another_number_opens_nothing(secret: bytes, number: str) -> None:
    with pytest.raises(ContentUnreadable):
        contents.disclose(contents.enclose(WORDS, SECRET).ciphertext, secret, number)


@given(st.integers(0), st.integers(1, 255))
@settings(max_examples=40)
def test_a_changed_or_shortened_ciphertext_opens_nothing(place: int, change: int) -> None:
    whole = bytearray(contents.enclose(WORDS, SECRET).ciphertext)
    with pytest.raises(ContentUnreadable):
        contents.disclose(bytes(whole[: place % len(whole)]), SECRET, NUMBER)
    whole[place % len(whole)] ^= change
    with pytest.raises(ContentUnreadable):
        contents.disclose(bytes(whole), SECRET, NUMBER)


def test_the_length_says_only_how_many_kilobytes_there_are() -> None:
    short = contents.enclose(WORDS, SECRET)
    page = WORDS.pages[0]
    longer = replace(WORDS, pages=(replace(page, texts=page.texts * 5),))
    assert len(short.ciphertext) == len(contents.enclose(longer, SECRET).ciphertext) == 12 + 1024 + 16


def test_a_sealed_certificate_stamps_each_sheet_and_its_words_prove_the_stamps(sealing: Sealing) -> None:
    made = sealed(sealing, sheets=3)
    words = contents.disclose(made.content.ciphertext, made.secret, NUMBER)
    bound = tie.bind(words, made.secret)
    stamps = [decode(data).stamp for data in made.stamps]
    assert made.tie == bound.code
    assert [stamp.link for stamp in stamps] == [link[:24] for link in bound.links]
    assert [(stamp.page, stamp.pages, stamp.issue_number, stamp.secret) for stamp in stamps] == [
        (page, 3, NUMBER, made.secret) for page in (1, 2, 3)
    ]
    texts = {text.path: text.text for text in words.pages[2].texts}
    assert texts == {
        "name": f"{MARKER}2",
        "issue.number": NUMBER,
        "issue.day": "令和8年11月24日",
        "issue.office": "みさき市長",
        "issue.officer": "岬　はじめ",
    }
    assert words.pages[2].pictures == (("impression", b"\x89PNG"),)


def test_the_same_words_are_sealed_differently_each_time(sealing: Sealing) -> None:
    first, second = sealed(sealing), sealed(sealing)
    assert first.secret != second.secret
    assert first.tie != second.tie


def test_a_number_of_another_municipality_is_not_sealed(sealing: Sealing) -> None:
    with pytest.raises(AnotherMunicipality):
        sealed(sealing, "982024-ABCDE-23456")


def test_nothing_in_the_database_opens_or_shows_what_was_issued(kiosk: Kiosk, visit: Visit, sealing: Sealing) -> None:
    issuance, made = rendered(kiosk, visit, sealing)
    kiosk.release(issuance, visit)
    kiosk.report(issuance, "printed")
    assert kept(kiosk, issuance) == 1
    number = kiosk.row(issuance).issue_number
    everything = b"\n".join(_everything(kiosk))
    access = contents.access_key(made.secret, number)
    assert hashlib.sha256(access).digest() in everything
    for hidden in (MARKER.encode(), MARKER.encode("utf-16-le"), json.dumps(MARKER).encode(), made.secret, access):
        assert hidden not in everything
        assert hidden.hex().encode() not in everything


def _everything(kiosk: Kiosk) -> Iterator[bytes]:
    """Every value of every table, as it is and, where the field key opens it, in plain."""
    with database.transaction(kiosk.ground.engine) as connection:
        tables = connection.execute(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        ).scalars()
        for table in tables:
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')).mappings():  # noqa: S608
                for column, value in row.items():
                    yield value if isinstance(value, bytes) else str(value).encode()
                    if isinstance(value, bytes):
                        yield from _decrypted(kiosk, table, {str(other) for other in row.values()}, column, value)


def _decrypted(kiosk: Kiosk, table: str, rows: set[str], column: str, value: bytes) -> Iterator[bytes]:
    for row in rows:
        try:
            yield kiosk.ground.fields.decrypt(value, table=table, row=row, column=column)
        except UndecipherableField:
            continue


def test_who_names_the_access_key_is_given_the_words_and_nobody_else(
    kiosk: Kiosk, visit: Visit, sealing: Sealing
) -> None:
    issuance, made = rendered(kiosk, visit, sealing)
    number = kiosk.row(issuance).issue_number
    with database.transaction(kiosk.ground.engine) as connection:
        found = contents.fetch(connection, number, contents.access_key(made.secret, number))
        assert found.issuance_id == issuance
        assert contents.disclose(found.ciphertext, made.secret, number).number == number
        for asked, key in (
            (number, b"x" * 16),
            (number, b""),
            ("982016-ZZZZZ-ZZZZZ", contents.access_key(made.secret, number)),
        ):
            with pytest.raises(ContentUnknown):
                contents.fetch(connection, asked, key)


def test_words_are_kept_for_paper_that_is_out_or_may_be(kiosk: Kiosk, visit: Visit, sealing: Sealing) -> None:
    for outcome in ("printed", "unknown"):
        issuance, _ = rendered(kiosk, visit, sealing)
        kiosk.release(issuance, visit)
        kiosk.report(issuance, outcome)
        assert (kept(kiosk, issuance), kiosk.documents_of(issuance)) == (1, [])


def test_words_of_paper_that_never_left_are_forgotten_at_once(kiosk: Kiosk, visit: Visit, sealing: Sealing) -> None:
    issuance, _ = rendered(kiosk, visit, sealing)
    kiosk.release(issuance, visit)
    kiosk.report(issuance, "not_printed")
    assert kept(kiosk, issuance) == 0


@pytest.mark.parametrize(
    ("answer", "left"), [(Answer.PRINTED, 1), (Answer.PARTLY_PRINTED, 1), (Answer.NOT_PRINTED, 0)]
)
def test_staff_who_find_no_paper_have_its_words_forgotten(
    kiosk: Kiosk, visit: Visit, sealing: Sealing, answer: Answer, left: int
) -> None:
    issuance, _ = rendered(kiosk, visit, sealing)
    kiosk.release(issuance, visit)
    kiosk.report(issuance, "unknown")
    with database.transaction(kiosk.ground.engine) as connection:
        certificates.settle(
            connection, kiosk.ground, issuance,
            answer=answer, statement="looked into the tray", actor=TESTER, now=kiosk.ground.clock.now(),
            keep_fee=True if answer is Answer.PARTLY_PRINTED else None,
        )  # fmt: skip
    assert kept(kiosk, issuance) == left


def test_a_rendering_that_is_repeated_expires_or_is_refused_leaves_no_words(
    kiosk: Kiosk, visit: Visit, sealing: Sealing, clock: MovableClock
) -> None:
    repeated, _ = rendered(kiosk, visit, sealing)
    kiosk.correct(visit.resident_id, address="港町2番")
    kiosk.release(repeated, visit)
    assert (kiosk.state(repeated), kept(kiosk, repeated)) == (State.REQUESTED, 0)
    forgotten, _ = rendered(kiosk, visit, sealing)
    clock.advance(minutes=11)
    certificates.sweep(kiosk.ground)
    assert (kiosk.state(forgotten), kept(kiosk, forgotten)) == (State.EXPIRED, 0)


def test_silence_after_a_release_keeps_the_words(
    kiosk: Kiosk, visit: Visit, sealing: Sealing, clock: MovableClock
) -> None:
    issuance, _ = rendered(kiosk, visit, sealing)
    kiosk.release(issuance, visit)
    clock.advance(minutes=11)
    certificates.sweep(kiosk.ground)
    assert (kiosk.state(issuance), kept(kiosk, issuance)) == (State.UNKNOWN, 1)


def test_after_a_year_the_words_are_forgotten(
    kiosk: Kiosk, visit: Visit, sealing: Sealing, clock: MovableClock
) -> None:
    issuance, _ = rendered(kiosk, visit, sealing)
    kiosk.release(issuance, visit)
    kiosk.report(issuance, "printed")
    clock.advance(days=364, hours=23)
    certificates.sweep(kiosk.ground)
    assert kept(kiosk, issuance) == 1
    clock.advance(hours=1)
    certificates.sweep(kiosk.ground)
    assert kept(kiosk, issuance) == 0


def test_words_belong_to_an_issuance(kiosk: Kiosk, sealing: Sealing) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        keep(kiosk, uuid4(), sealed(sealing).content)
