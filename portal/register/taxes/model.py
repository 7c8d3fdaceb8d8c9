"""The assessment of one fiscal year as a value."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, repr=False, kw_only=True)
class TaxAssessment:
    """What was assessed for one fiscal year (年度, as a western year) from the income of the calendar year before it.

    All amounts are whole yen: 給与収入; 所得 by source with their total (合計所得金額); 所得控除 (社会保険料,
    配偶者・扶養, 基礎, その他) with their total; 課税標準額; 所得割 (levy) and 均等割 (flat) of city and prefecture;
    森林環境税; 未納額.
    Totals are the tax office's own: offsets between sources make them differ from the sum.
    `version` is 0 until it is stored and says nothing about whether two assessments are the same.
    """

    fiscal_year: int
    filed_on: date
    salary_revenue_yen: int
    salary_income_yen: int
    pension_income_yen: int
    business_income_yen: int
    other_income_yen: int
    income_yen: int
    social_insurance_yen: int
    family_deductions_yen: int
    basic_deduction_yen: int
    other_deductions_yen: int
    deductions_yen: int
    taxable_yen: int
    municipal_levy_yen: int
    municipal_flat_yen: int
    prefectural_levy_yen: int
    prefectural_flat_yen: int
    forest_tax_yen: int
    unpaid_yen: int
    version: int = field(default=0, compare=False)

    @property
    def total_tax_yen(self) -> int:
        """年税額: everything that is collected for the year."""
        municipal = self.municipal_levy_yen + self.municipal_flat_yen
        return municipal + self.prefectural_levy_yen + self.prefectural_flat_yen + self.forest_tax_yen
