"""Every single operation of a therapy with a pump of fine steps fails, once and for good."""

from __future__ import annotations

import pytest
from tests.torture.nth import WAYS, fail_each


@pytest.mark.parametrize("way", WAYS)
def test_no_invariant_breaks_whichever_operation_fails(way: str) -> None:
    """For each n until a whole therapy does not reach it."""
    assert fail_each(WAYS[way], "synchromed-ii-20", 1) > WAYS[way].least
