"""The logistic curve on which all effects rest."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from intrathecal.relief.hill import fraction


def test_a_fraction_keeps_its_digits_at_any_odds() -> None:
    """Within four units of the last digit of a second implementation, from no odds at all to endless ones."""
    odds = np.concatenate([np.linspace(-744, 744, 9001), np.geomspace(1e-300, 1, 301), [-np.inf, -1e4, 1e4, np.inf]])

    np.testing.assert_allclose(fraction(odds), expit(odds), rtol=4 * np.finfo(float).eps, atol=5e-324)
