"""For n = 1, 2, 3, ... the n-th write, read, step or message of a therapy fails, until a whole therapy does not reach it."""

from __future__ import annotations

import pytest
from tests.torture.nth import PROGRAMS, WAYS, fail_each

#: The pump of fine steps has several times as many operations: tests/long fails each of them.
STRIDES = {"prometra-ii-20": 1, "synchromed-ii-20": 7}


@pytest.mark.requirement("ACC-6", "ACC-9", "ACC-10", "ACC-16")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", PROGRAMS)
def test_no_invariant_breaks_whatever_fails(model: str, way: str) -> None:
    """Once and for good: what was answered is kept, no step is lost or made twice, and the restarted pump knows it all."""
    assert fail_each(WAYS[way], model, STRIDES[model]) > WAYS[way].least
