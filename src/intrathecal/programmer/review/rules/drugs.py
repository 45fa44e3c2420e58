"""The rules about drug and patient, in the order in which they are asked."""

from __future__ import annotations

from intrathecal.programmer.review.rule import Rule
from intrathecal.programmer.review.rules.change import CHANGE
from intrathecal.programmer.review.rules.concentration import CONCENTRATION
from intrathecal.programmer.review.rules.dose import DOSE
from intrathecal.programmer.review.rules.granuloma import GRANULOMA
from intrathecal.programmer.review.rules.mixture import MIXTURE
from intrathecal.programmer.review.rules.patient import PATIENT
from intrathecal.programmer.review.rules.predicted import PREDICTED
from intrathecal.programmer.review.rules.slips import SLIP
from intrathecal.programmer.review.rules.withdrawal import WITHDRAWAL

DRUG_RULES: tuple[Rule, ...] = (
    *SLIP,
    *DOSE,
    *CONCENTRATION,
    *PATIENT,
    *CHANGE,
    *MIXTURE,
    *WITHDRAWAL,
    *GRANULOMA,
    *PREDICTED,
)
