"""What the three kinds about residents say, rule by rule (住民基本台帳法7条, 30条の45; 標準仕様書)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from portal import certificates, database, municipality, register
from portal.audit import Action
from portal.certificates.kinds import kind_of
from portal.certificates.kinds.entries import NotLivingHere
from portal.certificates.kinds.resident_individual.content import HistoryMissing
from portal.certificates.paper import Data, Extent, Layout, Place, Source, Subject
from portal.certificates.values import texts
from portal.ground import Ground
from portal.register import ChangeReason, ResidentRecord, ResidentStatus, Sex, Version
from portal.register.changes import present_record
from tests.portal.certificates.sheets import EVERYTHING, person
from tests.portal.register.events import subjects
from tests.portal.register.people import TESTER, put_household, put_resident
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

HOUSEHOLD_KINDS = ("resident_record", "resident_items")
ALL = (*HOUSEHOLD_KINDS, "resident_individual")
NUMBERS = ("個人番号", "住民票コード")
FOREIGN = {
    "foreign": True,
    "domicile": None,
    "family_head": None,
    "nationality": "ドイツ",
    "residence_status": "永住者の配偶者等",
    "period_of_stay": "5年",
    "stay_expires_on": date(2029, 5, 1),
    "residence_card_number": "AB12345678CD",
    "birth_date": "1990-12-24",
    "reading": "ミュラー",
    "common_name": "山田　マックス",
}


def version(number: int, record: ResidentRecord, on: date, reason: ChangeReason = ChangeReason.IMPORT) -> Version:
    return Version(
        number=number,
        valid_from=on,
        known_from=datetime(2026, 11, 1, 3, tzinfo=UTC),
        reason=reason,
        changed=frozenset(),
        record=record,
    )


def layout(
    kind_id: str,
    *persons: ResidentRecord,
    items: frozenset[str] = EVERYTHING,
    extent: Extent = Extent.WHOLE,
    history: tuple[Version, ...] | None = None,
) -> Layout:
    subject = Subject(
        persons=persons,
        head=persons[0],
        extent=extent,
        items=items,
        data=Data(record=history or (version(1, persons[0], date(2015, 4, 1)),)),
    )
    return kind_of(kind_id).compose(subject)


def said(paper: Layout) -> Mapping[str, list[str]]:
    """What stands beside each label, in order, over all sheets; texts without a label under none."""
    beside: dict[str, list[str]] = defaultdict(list)
    for sheet in paper.sheets:
        for text in texts(sheet.values):
            beside[text.label].append(text.text)
    return beside


@pytest.mark.parametrize("kind", ALL)
def test_the_address_before_this_municipality_is_said_or_blank_if_it_is_too_old_to_be_registered(kind: str) -> None:
    assert said(layout(kind, person(previous_address="東京都千代田区")))["転入前住所"] == ["東京都千代田区"]
    assert said(layout(kind, person(previous_address=None)))["転入前住所"] == [""]


def test_the_address_before_inside_the_municipality_is_said_by_the_individual_sheet_alone() -> None:
    now = person(address="いずみ県みさき市晴海町二丁目2番2号")
    history = (
        version(1, person(), date(2015, 4, 1)),
        version(2, now, date(2019, 5, 1)),
        version(3, now, date(2020, 1, 1)),
    )
    assert said(layout("resident_individual", now, history=history))["異動前住所"] == [person().address]
    assert said(layout("resident_individual", now))["異動前住所"] == [""]
    assert not any("異動前住所" in said(layout(kind, now)) for kind in HOUSEHOLD_KINDS)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("settled", [None, date(2015, 4, 1)])
def test_whoever_never_moved_inside_has_a_marked_blank_and_the_day_of_notifying_all_the_same(
    kind: str, settled: date | None
) -> None:
    paper = said(layout(kind, person(address_since=settled, notified_on=date(2015, 4, 3))))
    assert paper["住所を定めた年月日"] == ["【空欄】"]
    assert paper["届出の年月日"] == ["平成27年4月3日"]


@pytest.mark.parametrize("kind", ALL)
def test_whoever_moved_inside_has_the_day(kind: str) -> None:
    assert said(layout(kind, person(address_since=date(2019, 5, 1))))["住所を定めた年月日"] == ["令和元年5月1日"]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("fields", "printed"),
    [
        ({"reading": "ワタナベ　ハナコ", "reading_registered": True}, "ワタナベ　ハナコ"),
        ({"reading": "ワタナベ　ハナコ", "reading_registered": False}, ""),
        ({"reading": None, "reading_registered": True}, ""),
        ({**FOREIGN, "reading": "ミュラー", "reading_registered": True}, ""),
    ],
)
def test_a_reading_is_said_once_it_is_registered_and_never_of_foreign_residents(
    kind: str, fields: Mapping[str, object], printed: str
) -> None:
    assert said(layout(kind, person(**fields)))["振り仮名"] == [printed]


@pytest.mark.parametrize("kind", ALL)
def test_a_former_surname_of_japanese_and_a_common_name_of_foreign_residents_stand_under_their_own_labels(
    kind: str,
) -> None:
    japanese = said(layout(kind, person(former_surname="佐藤")))
    assert japanese["旧　氏"] == ["佐藤"]
    assert "通　称" not in japanese
    foreign = said(layout(kind, person(**FOREIGN)))
    assert foreign["通　称"] == ["山田　マックス"]
    assert "旧　氏" not in foreign


@pytest.mark.parametrize("kind", ALL)
def test_a_foreign_resident_has_no_domicile_and_items_of_their_own_only_when_asked_for(kind: str) -> None:
    asked = said(layout(kind, person(**FOREIGN)))
    assert asked["国籍・地域"] == ["ドイツ"]
    assert asked["在留資格"] == ["永住者の配偶者等"]
    assert asked["在留期間"] == ["5年（2029年5月1日まで）"]
    assert asked["在留カード等の番号"] == ["AB12345678CD"]
    assert asked["外国人住民となった年月日"] == ["平成27年4月1日"]
    assert not {"本　籍", "筆頭者", "住民となった年月日"} & asked.keys()
    plain = said(layout(kind, person(**FOREIGN), items=frozenset()))
    for label in ("国籍・地域", "在留資格", "在留期間", "在留カード等の番号"):
        assert plain[label] == ["省略"]


@pytest.mark.parametrize("kind", ALL)
def test_permanent_residents_have_no_last_day(kind: str) -> None:
    settled = person(**{**FOREIGN, "period_of_stay": None, "stay_expires_on": None, "residence_status": "特別永住者"})
    assert said(layout(kind, settled))["在留期間"] == [""]
    assert said(layout(kind, settled))["在留資格"] == ["特別永住者"]


@pytest.mark.parametrize("kind", ALL)
def test_what_was_not_asked_for_is_omitted_and_numbers_always_are(kind: str) -> None:
    resident = person(domicile="本籍地", family_head="筆頭　者")
    plain = said(layout(kind, resident, items=frozenset()))
    for label in ("世帯主", "続柄", "本　籍", "筆頭者", *NUMBERS):
        assert plain[label] == ["省略"], label
    full = said(layout(kind, resident))
    assert (full["世帯主"], full["本　籍"], full["筆頭者"]) == ([resident.name], ["本籍地"], ["筆頭　者"])
    assert [full[label] for label in NUMBERS] == [["省略"], ["省略"]]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("words", ["子", "妻（未届）", "夫の子", "子の妻", "同居人", "縁故者"])
def test_a_relationship_is_said_as_registered(kind: str, words: str) -> None:
    assert said(layout(kind, person(relationship=words)))["続柄"] == [words]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(("sex", "word"), [(Sex.MALE, "男"), (Sex.FEMALE, "女"), (None, "")])
def test_a_sex_is_said_or_blank(kind: str, sex: Sex | None, word: str) -> None:
    assert said(layout(kind, person(sex=sex)))["性別"] == [word]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("registered", "foreign", "words"),
    [
        ("2019-05-01", {}, "令和元年5月1日"),
        ("2019-04-30", {}, "平成31年4月30日"),
        ("1950-03", {}, "昭和25年3月日不詳"),
        ("1950", {}, "昭和25年月日不詳"),
        ("1989", {}, "1989年月日不詳"),
        ("明治5年11月30日", {}, "明治5年11月30日"),
        ("1990-12-24", FOREIGN, "1990年12月24日"),
        ("1990-12", FOREIGN, "1990年12月日不詳"),
    ],
)
def test_a_birth_date_is_said_as_far_as_it_is_registered_and_western_for_foreign_residents(
    kind: str, registered: str, foreign: Mapping[str, object], words: str
) -> None:
    assert said(layout(kind, person(**{**foreign, "birth_date": registered})))["生年月日"] == [words]


@pytest.mark.parametrize(
    ("kind", "extent", "words"),
    [
        ("resident_record", Extent.PERSON, "この写しは、住民票の原本と相違ないことを証明する。"),
        ("resident_record", Extent.PART, "この写しは、世帯の一部の住民票の原本と相違ないことを証明する。"),
        ("resident_record", Extent.WHOLE, "この写しは、世帯全員の住民票の原本と相違ないことを証明する。"),
        ("resident_items", Extent.PERSON, "上記の事項は、住民票に記載されていることを証明する。"),
        ("resident_items", Extent.PART, "上記の事項は、世帯の一部の住民票に記載されていることを証明する。"),
        ("resident_items", Extent.WHOLE, "上記の事項は、世帯全員の住民票に記載されていることを証明する。"),
        ("resident_individual", Extent.PERSON, "この写しは、住民票の原本と相違ないことを証明する。"),
    ],
)
def test_every_sheet_is_certified_in_the_words_of_its_kind_for_so_much_of_the_household(
    kind: str, extent: Extent, words: str
) -> None:
    people = [person()] if extent is Extent.PERSON else [person() for _ in range(9)]
    for sheet in layout(kind, *people, extent=extent).sheets:
        assert [text.text for text in texts(sheet.values) if text.text.endswith("証明する。")] == [words]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("gone", [ResidentStatus.REMOVED, ResidentStatus.DECEASED])
def test_nobody_removed_or_deceased_ever_stands_on_a_paper(kind: str, gone: ResidentStatus) -> None:
    people = [person(status=gone)] if kind == "resident_individual" else [person(), person(status=gone)]
    with pytest.raises(NotLivingHere):
        layout(kind, *people)


@pytest.mark.parametrize(("kind", "a_sheet"), [("resident_record", 4), ("resident_items", 2)])
@pytest.mark.parametrize("persons", [1, 2, 3, 4, 5, 13, 24])
def test_persons_stand_in_the_order_of_the_register_on_as_few_sheets_as_hold_them(
    kind: str, a_sheet: int, persons: int
) -> None:
    paper = layout(kind, *(person(name=f"渡辺　{number}") for number in range(persons)))
    assert len(paper.sheets) == -(-persons // a_sheet)
    assert said(paper)["氏名"] == [f"渡辺　{number}" for number in range(persons)]
    assert [sheet.form for sheet in paper.sheets[:-1]] == [str(a_sheet)] * (len(paper.sheets) - 1)


def test_the_individual_sheet_tells_every_change_of_address_name_and_headship_with_its_day_and_reason() -> None:
    first = person(name="佐藤　花子", relationship="子", address="古い住所")
    second = person(name="佐藤　花子", relationship="世帯主", address="新しい住所")
    third = person(name="渡邉\U000e010f　花子", relationship="世帯主", address="新しい住所", former_surname="佐藤")
    history = (
        version(1, first, date(2015, 4, 1)),
        version(2, second, date(2019, 5, 1)),
        version(3, third, date(2020, 6, 7), ChangeReason.CORRECTION),
    )
    paper = said(layout("resident_individual", third, history=history, extent=Extent.PERSON))
    told = zip(paper["異動年月日"], paper["事由"], paper["項目"], paper["変更前"], paper["変更後"], strict=True)
    assert [line for line in told if any(line)] == [
        ("平成27年4月1日", "記載", "住　所", "", "古い住所"),
        ("令和元年5月1日", "異動", "住　所", "古い住所", "新しい住所"),
        ("令和元年5月1日", "異動", "世帯主・続柄", "子", "世帯主"),
        ("令和2年6月7日", "修正", "氏　名", "佐藤　花子", "渡邉\U000e010f　花子"),
        ("令和2年6月7日", "修正", "旧　氏", "", "佐藤"),
        ("", "", "以下余白", "", ""),
    ]
    assert set(paper["記載年月日"]) == {"令和8年11月1日", ""}


def test_the_individual_sheet_tells_no_change_of_what_was_not_asked_for() -> None:
    old, new = person(domicile="甲", relationship="子"), person(domicile="乙", relationship="世帯主")
    history = (version(1, old, date(2015, 4, 1)), version(2, new, date(2019, 5, 1)))
    full = said(layout("resident_individual", new, history=history))
    assert {"本　籍", "世帯主・続柄"} <= set(full["項目"])
    plain = said(layout("resident_individual", new, history=history, items=frozenset()))
    assert not {"本　籍", "世帯主・続柄"} & set(plain["項目"])
    assert not {"甲", "乙"} & {text for beside in plain.values() for text in beside}


@pytest.mark.parametrize(("changes", "sheets"), [(0, 1), (6, 1), (7, 1), (8, 2), (24, 2), (25, 2), (26, 3), (60, 4)])
def test_a_long_history_takes_as_many_sheets_as_it_needs_and_ends_with_a_mark_if_a_line_is_left(
    changes: int, sheets: int
) -> None:
    records = [person(address=f"住所{number}") for number in range(changes + 1)]
    history = tuple(version(number, record, date(2020, 1, 1)) for number, record in enumerate(records, 1))
    paper = layout("resident_individual", records[-1], history=history)
    lines = said(paper)
    assert len(paper.sheets) == sheets
    assert [line for line in lines["変更後"] if line] == [record.address for record in records]
    assert lines["項目"].count("以下余白") == (0 if changes in {7, 25} else 1)


def test_a_planned_departure_is_remarked_on_the_individual_sheet() -> None:
    leaving = person(
        status=ResidentStatus.PLANNED_DEPARTURE, planned_departure_on=date(2026, 12, 1), destination="東京都新宿区"
    )
    assert said(layout("resident_individual", leaving))["備考"] == ["令和8年12月1日転出予定　東京都新宿区"]
    assert said(layout("resident_individual", person()))["備考"] == [""]


def test_an_individual_sheet_without_its_history_is_refused_by_name() -> None:
    subject = Subject(persons=(person(),), head=None, extent=Extent.PERSON, items=frozenset())
    with pytest.raises(HistoryMissing):
        kind_of("resident_individual").compose(subject)


def test_the_history_of_an_individual_sheet_is_read_from_the_register_with_an_audit_event(
    ground: Ground,
) -> None:
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        municipality.load(connection, MUNICIPALITY_TOML, now)
        resident_id = put_resident(connection, address="古い住所")
        register.change(
            connection, resident_id, {"address": "新しい住所"}, valid_from=date(2026, 11, 2), actor=TESTER,
            reason=ChangeReason.IMPORT, filing_id=None, now=now,
        )  # fmt: skip
        before = len(subjects(connection, Action.RECORD_READ))
        source = Source(
            connection=connection, fields=ground.fields, resident_id=resident_id,
            municipality=municipality.current(connection), reader=TESTER, why="test", now=now,
            audit_to=connection,
        )  # fmt: skip
        data = kind_of("resident_individual").data(source)
        assert subjects(connection, Action.RECORD_READ)[before:] == [resident_id]
        record = present_record(connection, resident_id)
    subject = Subject(persons=(record,), head=record, extent=Extent.PERSON, items=frozenset(), data=data)
    paper = said(kind_of("resident_individual").compose(subject))
    assert paper["変更後"][:2] == ["古い住所", "新しい住所"]
    assert data.versions == {"history": 2}


def test_the_individual_sheet_is_for_the_counter_and_never_offered_at_a_kiosk() -> None:
    assert kind_of("resident_individual").places == {Place.COUNTER}
    assert Place.KIOSK in kind_of("resident_items").places


def test_the_dead_and_those_who_left_stand_on_no_paper_of_their_household(ground: Ground) -> None:
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        municipality.load(connection, MUNICIPALITY_TOML, now)
        ids = put_household(
            connection, {}, {"status": ResidentStatus.DECEASED, "ended_on": date(2026, 1, 1)},
            {"status": ResidentStatus.REMOVED, "ended_on": date(2026, 1, 1)}, {},
        )  # fmt: skip
        offered = certificates.offers(connection, ground, ids[0], now=now)
    for offer in (offer for offer in offered if offer.kind in HOUSEHOLD_KINDS):
        assert {person.ref for person in offer.persons} == {str(ids[0]), str(ids[3])}
    assert {offer.kind for offer in offered} >= set(HOUSEHOLD_KINDS)
    assert "resident_individual" not in {offer.kind for offer in offered}
