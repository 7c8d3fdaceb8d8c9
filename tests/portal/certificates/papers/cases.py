"""Cases of judging that Python and the browser must answer alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.certificates.papers.judging import Comparison, Judgement, Reason, Standing, Status, Verdict, judge
from portal.certificates.papers.lookalike import AddressKind
from portal.certificates.papers.tables import WithdrawalReason
from portal.certificates.sealing.key_list import KeyList
from tests.portal.certificates.papers.making import HAMA, MISAKI, ORIGIN, Sealer, key_list, paper

Codes = Sequence[Sequence[bytes]]


@dataclass(frozen=True)
class Case:
    """One call of `judge` and what it must find."""

    name: str
    sheets: Codes
    verdict: Verdict
    reason: Reason
    keys: KeyList
    standing: Standing | None = None
    comparison: Comparison | None = None

    def judged(self) -> Judgement:
        return judge(self.sheets, self.keys, standing=self.standing, comparison=self.comparison)


CURRENT = Standing(Status.CURRENT)


def _withdrawn(reason: WithdrawalReason) -> Standing:
    return Standing(Status.WITHDRAWN, reason)


def _alone(codes: Sequence[bytes]) -> list[list[bytes]]:
    return [[code] for code in codes]


def cases() -> list[Case]:
    """Every verdict with every reason, and the ways in which one hides another."""
    ours, stranger, old, lost = (
        Sealer(),
        Sealer(),
        Sealer(retired=date(2026, 6, 30)),
        Sealer(revoked=date(2026, 12, 1)),
    )
    keys = key_list(ours, old, lost)
    one, three = paper(), paper(3, number=f"{MISAKI}-AAAAA-BBBBB")
    again = paper(3, number=three.number)
    other = paper(3, number=f"{MISAKI}-CCCCC-DDDDD")
    hama = paper(number=f"{HAMA}-EEEEE-FFFFF")
    single, whole = _alone(one.codes(ours)), _alone(three.codes(ours))
    broken = bytearray(one.codes(ours)[0])
    broken[-1] ^= 1
    G, U, D, A = Verdict.GENUINE_CURRENT, Verdict.UNKNOWN_ISSUER, Verdict.DIFFERENT_SETS, Verdict.ALTERED  # noqa: N806
    W, I, O, X = Verdict.WITHDRAWN, Verdict.INCOMPLETE_SET, Verdict.GENUINE_OFFLINE, Verdict.UNREADABLE  # noqa: N806, E741

    def case(name: str, sheets: Codes, verdict: Verdict, reason: Reason, **rest: object) -> Case:
        return Case(name, sheets, verdict, reason, **{"keys": keys, **rest})  # type: ignore[arg-type]

    def mixed(name: str, code: bytes, reason: Reason) -> Case:
        return case(name, [*whole[:2], [code]], D, reason)

    yesterday = replace(three.stamps[0], day=date(2026, 11, 23)).day
    return [
        case("one sheet", single, O, Reason.STANDING_NOT_ASKED),
        case("three sheets", whole, O, Reason.STANDING_NOT_ASKED),
        case("three sheets in another order", whole[::-1], O, Reason.STANDING_NOT_ASKED),
        case("three sheets in one picture", [[c for s in whole for c in s]], O, Reason.STANDING_NOT_ASKED),
        case("a poster behind the paper", [[b"https://shop.example/", *single[0]]], O, Reason.STANDING_NOT_ASKED),
        case("current", single, G, Reason.TEXT_NOT_COMPARED, standing=CURRENT),
        case("current and compared", single, G, Reason.TEXT_SAME, standing=CURRENT, comparison=Comparison.SAME),
        case("not on record", single, O, Reason.NOT_ON_RECORD, standing=Standing(Status.NOT_ON_RECORD)),
        case("altered", single, A, Reason.TEXT_DIFFERS, standing=CURRENT, comparison=Comparison.DIFFERS),
        case("record says otherwise", single, A, Reason.RECORD_CONTRADICTS, standing=CURRENT,
             comparison=Comparison.RECORD_CONTRADICTS),
        *(case(f"withdrawn: {why}", single, W, Reason(why.value), standing=_withdrawn(why))
          for why in WithdrawalReason),
        case("withdrawn though the words are right", single, W, Reason.REPLACED,
             standing=_withdrawn(WithdrawalReason.REPLACED), comparison=Comparison.SAME),
        case("altered hides withdrawn", single, A, Reason.TEXT_DIFFERS,
             standing=_withdrawn(WithdrawalReason.REPLACED), comparison=Comparison.DIFFERS),
        case("withdrawn hides missing", whole[:1], W, Reason.MISPRINT,
             standing=_withdrawn(WithdrawalReason.MISPRINT)),
        case("the second is missing", [whole[0], whole[2]], I, Reason.PAGES_MISSING),
        case("missing though current", whole[:2], I, Reason.PAGES_MISSING, standing=CURRENT,
             comparison=Comparison.SAME),
        case("a sheet twice is no harm", [*whole, whole[1]], O, Reason.STANDING_NOT_ASKED),
        case("a sheet twice does not stand for the other", [whole[0], whole[0], whole[1]], I, Reason.PAGES_MISSING),
        mixed("a sheet of another number", other.codes(ours)[2], Reason.OTHER_NUMBER),
        mixed("a sheet of another rendering", again.codes(ours)[2], Reason.OTHER_RENDERING),
        mixed("a sheet of another day", three.changed(3, ours, day=yesterday), Reason.OTHER_DAY),
        mixed("a sheet of four", three.changed(3, ours, pages=4), Reason.OTHER_COUNT),
        mixed("a second sheet that is another", three.changed(2, ours, link=bytes(24)), Reason.PAGE_CONTRADICTS),
        case("mixed hides altered", [whole[0], *_alone(other.codes(ours))], D, Reason.OTHER_NUMBER,
             standing=CURRENT, comparison=Comparison.DIFFERS),
        case("a stranger's key", _alone(one.codes(stranger)), U, Reason.UNKNOWN_KEY),
        case("another municipality", _alone(hama.codes(ours)), U, Reason.OTHER_MUNICIPALITY),
        case("another municipality's own key", _alone(hama.codes(stranger)), U, Reason.OTHER_MUNICIPALITY),
        case("one bit of the signature", [[bytes(broken)]], U, Reason.SIGNATURE_WRONG),
        case("a key that may have been misused", _alone(one.codes(lost)), U, Reason.KEY_REVOKED),
        case("a retired key after its time", _alone(one.codes(old)), U, Reason.OUTSIDE_KEY_TIME),
        case("a retired key on its last day", _alone(paper(day=date(2026, 6, 30)).codes(old)), O,
             Reason.STANDING_NOT_ASKED),
        case("a key before its time", _alone(paper(day=date(2025, 12, 31)).codes(ours)), U,
             Reason.OUTSIDE_KEY_TIME),
        case("a stranger among ours", [*whole[:2], *_alone(three.codes(stranger)[2:])], U, Reason.UNKNOWN_KEY),
        case("some other code", [[b"4901234567894"]], U, Reason.NOT_A_STAMP),
        case("no text at all", [[bytes(range(256))]], U, Reason.NOT_A_STAMP),
        case("a stamp and one byte more", [[single[0][0] + b"\0"]], U, Reason.NOT_A_STAMP),
        case("a tagged stamp", [[b"\xd2" + single[0][0]]], U, Reason.NOT_A_STAMP),
        case("half a stamp", [[single[0][0][:70]]], U, Reason.NOT_A_STAMP),
        case("a web address", [[b"https://shop.example/coupon"]], U, Reason.WEB_ADDRESS),
        case("the official address", [[f"{ORIGIN}/".encode()]], U, Reason.WEB_ADDRESS),
        case("an address like ours", [[b"https://verify.misaki.example.tokyo-cert.com/"]], U,
             Reason.LOOKALIKE_ADDRESS),
        case("no code", [[]], X, Reason.NO_CODE),
        case("no code on one of three", [*whole[:2], []], X, Reason.NO_CODE),
        case("nothing", [], X, Reason.NO_CODE),
    ]  # fmt: skip


# What a printed code may hold → what it is beside ORIGIN.
ADDRESSES: dict[str, AddressKind] = {
    "4901234567894": AddressKind.NONE,
    "": AddressKind.NONE,
    "みさき市 証明書": AddressKind.NONE,
    "tel:0000000000": AddressKind.NONE,
    "mailto:a@misaki.example": AddressKind.NONE,
    "https://verify.misaki.example": AddressKind.OFFICIAL,
    "https://verify.misaki.example/": AddressKind.OFFICIAL,
    "HTTPS://VERIFY.MISAKI.EXAMPLE/?lang=en": AddressKind.OFFICIAL,
    "https://verify.misaki.example:443/": AddressKind.OFFICIAL,
    "https://shop.example/": AddressKind.OTHER,
    "http://example.org/p/982016": AddressKind.OTHER,
    "www.hama.example": AddressKind.OTHER,
    "https://example.com/certificate?id=7KQ2M": AddressKind.OTHER,
    "http://verify.misaki.example/": AddressKind.LOOKALIKE,
    "https://verify.misaki.example:8443/": AddressKind.LOOKALIKE,
    "https://verify.misaki.example@evil.test/": AddressKind.LOOKALIKE,
    "https://verify.misaki.example.evil.test/": AddressKind.LOOKALIKE,
    "https://evil.test/verify.misaki.example/": AddressKind.LOOKALIKE,
    "https://evil.test/?to=https://verify.misaki.example": AddressKind.LOOKALIKE,
    "https:\\\\evil.test\\verify.misaki.example": AddressKind.LOOKALIKE,
    "https://verify.misakl.example/": AddressKind.LOOKALIKE,
    "https://verify.m1saki.example/": AddressKind.LOOKALIKE,
    "https://verify.rnisaki.example/": AddressKind.LOOKALIKE,
    "https://vverify.misaki.example/": AddressKind.LOOKALIKE,
    "https://verify-misaki.example/": AddressKind.LOOKALIKE,
    "https://misaki-verify.test/": AddressKind.LOOKALIKE,
    "https://verfy.misaki.example/": AddressKind.LOOKALIKE,
    "https://verify.misaki.exarnple/": AddressKind.LOOKALIKE,
    "https://xn--verify-msaki-tza.example/": AddressKind.LOOKALIKE,
    "https://xn--80ak6aa92e.test/": AddressKind.LOOKALIKE,
    "https://verify.mіsaki.example/": AddressKind.LOOKALIKE,
    "https://vеrіfу.mіsаkі.example/": AddressKind.LOOKALIKE,
    "https://ｖｅｒｉｆｙ.ｍｉｓａｋｉ.example/": AddressKind.LOOKALIKE,
    "verify.misaki.example": AddressKind.LOOKALIKE,
    "verify.misakl.example/x": AddressKind.LOOKALIKE,
}
