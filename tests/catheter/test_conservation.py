"""Amounts balance and concentrations stay within what was put in, whatever is done to a line."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from intrathecal.catheter import Line, Outflow

Amounts: TypeAlias = NDArray[np.float64]
#: line after, amounts that entered, amounts that left, the outflow if there is one
Done: TypeAlias = tuple[Line, Amounts, Amounts, Outflow | None]

DRUGS = 2
levels = st.lists(
    st.one_of(st.just(0.0), st.floats(1e-3, 5e4), st.sampled_from([100.0, 101.0])), min_size=DRUGS, max_size=DRUGS
)
volumes = st.one_of(st.just(0.0), st.floats(1e-9, 1e-3), st.floats(1e-3, 0.5), st.floats(0.5, 8.0))
durations = st.one_of(st.floats(1e-3, 60.0), st.floats(60.0, 1e4), st.floats(1e4, 1e7))
NONE = np.zeros(DRUGS)


def pushed(line: Line, volume: float, duration: float, level: list[float]) -> Done:
    """Connected."""
    after, out = line.push(volume / duration, duration, level)
    return after, volume * np.array(level), out.mass_ug, out


def lost(line: Line, volume: float, duration: float, level: list[float]) -> Done:
    """Disconnected."""
    after, out = line.push_disconnected(volume / duration, duration, level)
    return after, volume * np.array(level), out.mass_ug, out


def rested(line: Line, _: float, duration: float, __: list[float]) -> Done:
    """Still."""
    return line.still(duration), NONE, NONE, None


def drawn(line: Line, volume: float, _: float, level: list[float]) -> Done:
    """Aspirated."""
    after, removed, missing = line.aspirate(volume, level)
    return after, (volume - missing) * np.array(level), removed, None


def revised(line: Line, volume: float, _: float, __: list[float]) -> Done:
    """A new catheter."""
    after, removed = line.revise(0.05 + volume, 0.003)
    return after, NONE, removed, None


def replaced(line: Line, volume: float, _: float, level: list[float]) -> Done:
    """A new pump, perhaps without tubing."""
    after, removed = line.replace_pump(volume, level)
    return after, volume * np.array(level), removed, None


Operation: TypeAlias = tuple[Callable[[Line, float, float, list[float]], Done], float, float, list[float]]
operations: st.SearchStrategy[list[Operation]] = st.lists(
    st.tuples(
        st.sampled_from([pushed, pushed, pushed, pushed, lost, rested, drawn, revised, replaced]),
        volumes,
        durations,
        levels,
    ),
    max_size=12,
)


def started(tubing: float, primed: Literal["tip", "tubing", "no"], level: list[float]) -> Line:
    """A line of two drugs that diffuse unlike."""
    return Line.filled(
        tubing_mL=tubing,
        catheter_mL=0.196,
        area_cm2=0.0022,
        diffusivities=(7.5e-6, 2.8e-6),
        concentrations=level,
        primed=primed,
    )


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.sampled_from([0.0, 0.199]), st.sampled_from(["tip", "tubing", "no"]), levels, operations)
def test_amounts_balance_and_concentrations_stay_in_range(
    tubing: float, primed: Any, level: list[float], todo: list[Operation]
) -> None:
    """What entered is what left and what is held, to 1e-12; nothing is negative or above the strongest fluid put in."""
    line = started(tubing, primed, level)
    entered, left, strongest = line.mass_ug(), NONE, np.array(level)
    for operation, volume, duration, strength in todo:
        line, came, went, outflow = operation(line, volume, duration, strength)
        entered, left, strongest = entered + came, left + went, np.maximum(strongest, strength)
        held = [line.parcels.concentrations, *([outflow.concentrations] if outflow else [])]
        for concentrations in held:
            assert (concentrations >= 0.0).all()
            assert (concentrations <= strongest * (1.0 + 1e-12)).all()
        assert (line.parcels.volumes > 0.0).all()
        np.testing.assert_allclose(line.parcels.volume_mL, line.volume_mL, rtol=1e-12)
        np.testing.assert_allclose(line.mass_ug() + left, entered, rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(
            line.tubing_mass_ug() + line.catheter_mass_ug(), line.mass_ug(), rtol=1e-12, atol=1e-300
        )
        if outflow is not None:
            np.testing.assert_allclose(outflow.durations_s.sum(), duration, rtol=1e-12)


def test_thousands_of_pushes_keep_the_balance() -> None:
    """5000 pushes of changing rate and concentration: amounts still balance to 1e-12."""
    chance = np.random.default_rng(7)
    line = started(0.199, "no", [0.0, 0.0])
    entered, left = NONE, NONE
    level = NONE
    for push in range(5000):
        if push % 40 == 0:
            level = chance.uniform(0.0, 2000.0, DRUGS)
        flow, duration = float(chance.choice([3e-6, 1e-5, 2e-4])), float(chance.uniform(1.0, 200.0))
        line, outflow = line.push(flow, duration, level)
        entered, left = entered + flow * duration * level, left + outflow.mass_ug
    np.testing.assert_allclose(line.mass_ug() + left, entered, rtol=1e-12)
