"""In how many parts the records keep a unit, so that every value of theirs is a whole number."""

from __future__ import annotations

UL_PER_ML, NL_PER_UL, NL_PER_ML = 1000, 1000, 10**6
MM_PER_CM, G_PER_KG = 10, 1000
