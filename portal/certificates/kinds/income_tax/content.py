"""What stands on 所得・課税証明書. Whoever is not taxed reads so in words (非課税).

Unverified: the choice of lines (cities differ; 所得 and 控除 are kept to their main sorts here) and the wording of
the certifying sentence.
"""

from dataclasses import dataclass
from datetime import date

from portal.certificates.eras import in_era, registered_date
from portal.certificates.paper import Layout, Sheet, Subject, labelled
from portal.register.taxes import TaxAssessment

_SENTENCE = "上記のとおり相違ないことを証明する。"
_TAXED = "課税"
_UNTAXED = "非課税（市町村民税・道府県民税は課税されていません）"


@dataclass(frozen=True, repr=False)
class Income:
    """所得 by source, after 給与収入 from which the first is worked out."""

    salary_revenue: str = labelled("給与収入")
    salary: str = labelled("給与所得")
    pension: str = labelled("公的年金等の雑所得")
    business: str = labelled("事業所得")
    other: str = labelled("その他の所得")
    total: str = labelled("合計所得金額")


@dataclass(frozen=True, repr=False)
class Deductions:
    """所得控除, and what remains after them."""

    social_insurance: str = labelled("社会保険料控除")
    family: str = labelled("配偶者・扶養控除")
    basic: str = labelled("基礎控除")
    other: str = labelled("その他の控除")
    total: str = labelled("所得控除の合計")
    taxable: str = labelled("課税標準額")


@dataclass(frozen=True, repr=False)
class Taxes:
    """The taxes of the year."""

    municipal_levy: str = labelled("市町村民税所得割")
    municipal_flat: str = labelled("市町村民税均等割")
    prefectural_levy: str = labelled("道府県民税所得割")
    prefectural_flat: str = labelled("道府県民税均等割")
    forest: str = labelled("森林環境税")
    total: str = labelled("年税額")


@dataclass(frozen=True, repr=False, kw_only=True)
class TaxSheet:
    """The one sheet."""

    fiscal_year: str = labelled("年度")
    income_year: str = labelled("所得の年分")
    name: str = labelled("氏名")
    birth_date: str = labelled("生年月日")
    address: str = labelled("住所")
    standing: str = labelled("課税の区分")
    income: Income
    deductions: Deductions
    taxes: Taxes
    sentence: str = labelled("認証文")


def compose(subject: Subject) -> Layout:
    """The sheet of an assessment."""
    assessed = subject.data.record
    if not isinstance(assessed, TaxAssessment):
        raise TypeError("this certificate is made from an assessment")
    [person] = subject.persons
    values = TaxSheet(
        fiscal_year=f"{_year(assessed.fiscal_year)}年度",
        income_year=f"{_year(assessed.fiscal_year - 1)}年分",
        name=person.name,
        birth_date=registered_date(person.birth_date, foreign=person.foreign),
        address=person.address,
        standing=_TAXED if assessed.total_tax_yen else _UNTAXED,
        income=_income(assessed),
        deductions=_deductions(assessed),
        taxes=_taxes(assessed),
        sentence=_SENTENCE,
    )
    return Layout((Sheet("1", values),))


def _income(assessed: TaxAssessment) -> Income:
    return Income(
        salary_revenue=_yen(assessed.salary_revenue_yen),
        salary=_yen(assessed.salary_income_yen),
        pension=_yen(assessed.pension_income_yen),
        business=_yen(assessed.business_income_yen),
        other=_yen(assessed.other_income_yen),
        total=_yen(assessed.income_yen),
    )


def _deductions(assessed: TaxAssessment) -> Deductions:
    return Deductions(
        social_insurance=_yen(assessed.social_insurance_yen),
        family=_yen(assessed.family_deductions_yen),
        basic=_yen(assessed.basic_deduction_yen),
        other=_yen(assessed.other_deductions_yen),
        total=_yen(assessed.deductions_yen),
        taxable=_yen(assessed.taxable_yen),
    )


def _taxes(assessed: TaxAssessment) -> Taxes:
    return Taxes(
        municipal_levy=_yen(assessed.municipal_levy_yen),
        municipal_flat=_yen(assessed.municipal_flat_yen),
        prefectural_levy=_yen(assessed.prefectural_levy_yen),
        prefectural_flat=_yen(assessed.prefectural_flat_yen),
        forest=_yen(assessed.forest_tax_yen),
        total=_yen(assessed.total_tax_yen),
    )


def _yen(amount: int) -> str:
    return f"{amount:,}円"


def _year(year: int) -> str:
    """A year in the era of its 1 April, when a 年度 begins: 2019 is 平成31年度."""
    return in_era(date(year, 4, 1)).partition("年")[0]


_MOST = "999,999,999,999円"
FORMS: dict[str, object] = {
    "1": TaxSheet(
        fiscal_year="令和88年度",
        income_year="令和87年分",
        name="見本　花子",
        birth_date="昭和64年12月31日",
        address="見本県見本市見本町一丁目1番1号",
        standing=_UNTAXED,
        income=Income(*(_MOST,) * 6),
        deductions=Deductions(*(_MOST,) * 6),
        taxes=Taxes(*(_MOST,) * 6),
        sentence=_SENTENCE,
    )
}
