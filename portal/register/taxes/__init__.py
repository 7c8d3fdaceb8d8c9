"""市・県民税: what was assessed for a resident, year by year."""

from portal.register.taxes.assessments import store, tax_of
from portal.register.taxes.model import TaxAssessment

__all__ = ["TaxAssessment", "store", "tax_of"]
