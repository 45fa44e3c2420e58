"""What the drug does: relief, breathing, side effects, tolerance, and what the patient answers."""

from intrathecal.relief.breathing import breathing_fraction
from intrathecal.relief.indices import Indices, indices, site_index
from intrathecal.relief.patient import Baseline, ashworth, baseline, pain, placebo
from intrathecal.relief.response import relief_fraction, spasticity_fraction
from intrathecal.relief.score import noise, scores
from intrathecal.relief.side_effects import exposures, probabilities
from intrathecal.relief.sites import EffectSite, effect_sites
from intrathecal.relief.tolerance import NO_TOLERANCE, Factors, Tolerated, advance, steady

__all__ = [
    "NO_TOLERANCE",
    "Baseline",
    "EffectSite",
    "Factors",
    "Indices",
    "Tolerated",
    "advance",
    "ashworth",
    "baseline",
    "breathing_fraction",
    "effect_sites",
    "exposures",
    "indices",
    "noise",
    "pain",
    "placebo",
    "probabilities",
    "relief_fraction",
    "scores",
    "site_index",
    "spasticity_fraction",
    "steady",
]
