"""What the drug does: relief, breathing, side effects, tolerance, and what the patient answers."""

from intrathecal.relief.sites import EffectSite, effect_sites

__all__ = ["EffectSite", "effect_sites"]
