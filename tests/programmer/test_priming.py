"""Primes: what they fill, when the first drug arrives, and what comes after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.programmer.review.files import CATHETER, FILL, PUMP, event, label, text, therapy

from intrathecal.programmer.errors import SumError
from intrathecal.programmer.priming import PrimePlan, prime
from intrathecal.quantities import parse_quantity
from intrathecal.simulation.api import simulate
from intrathecal.therapy import TherapyError, parse_therapy

WHOLE = CATHETER.replace("9 cm", "0 cm")
EMPTY, TUBING = FILL.replace('"tip"', '"no"'), FILL.replace('"tip"', '"tubing"')


def test_a_prime_that_the_pump_cannot_run_says_what_it_takes() -> None:
    """0.395 mL in a minute is faster than 24 mL/day, in 20 days slower than 0.048 mL/day."""
    file = therapy("2.4 mg/day", catheter=WHOLE, fill=EMPTY)
    fast, slow = (prime(file, parse_quantity(text, "duration")).notes for text in ("1 min", "20 days"))
    assert "faster than synchromed-ii-20 runs (24 mL/day): it takes 23.69 min" in fast[0]
    assert "slower than synchromed-ii-20 runs (0.048 mL/day): it takes 11844 min" in slow[0]


def after(plan: PrimePlan) -> list[float]:
    """The share of new fluid at the tip from the prime's end on."""
    return [point.fraction_new for point in plan.tip if point.min >= plan.duration_min - 0.01]


@pytest.mark.parametrize(
    ("fill", "volume", "minutes"), [(EMPTY, 0.395, 23.7), (FILL, 0.395, 23.7), (TUBING, 0.196, 11.7)]
)
def test_e8_what_a_prime_takes(fill: str, volume: float, minutes: float) -> None:
    """E8: 89 cm at 0.0022 mL/cm and 0.199 mL of tubing: 0.196 mL and 0.395 mL, at 1 mL/h in 11.7 and 23.7 min."""
    plan = prime(therapy("2.4 mg/day", catheter=WHOLE, fill=fill))

    assert round(plan.catheter_mL, 3) == 0.196
    assert round(plan.full_mL, 3) == 0.395
    assert plan.rate_mL_per_h == 1
    assert (round(plan.catheter_min, 1), round(plan.full_min, 1)) == (11.7, 23.7)
    assert (round(plan.volume_mL, 3), round(plan.duration_min, 1)) == (volume, minutes)


def test_drug_and_fluid_mix_at_a_primes_flow() -> None:
    """Some drug arrives before the prime ends, half of what leaves is new at its end, and hours of thinner drug follow."""
    plan = prime(therapy("2.4 mg/day", catheter=WHOLE, fill=EMPTY))
    shares = [point.fraction_new for point in plan.tip]

    assert plan.earliest_min == pytest.approx(plan.duration_min / 2, rel=1e-6)
    assert plan.first_min is not None
    assert plan.low_until_min is not None
    assert plan.earliest_min < plan.first_min < plan.duration_min
    assert 0.4 < plan.fraction_at_end < 0.6
    assert plan.low_until_min > 2 * 60
    assert shares == sorted(shares)
    assert after(plan)[-1] == pytest.approx(1, abs=1e-6)


def test_what_the_line_keeps_is_missing_at_the_tip() -> None:
    """All that entered and has not left fills the line: what the tip gave is that much less than at full strength."""
    plan = prime(therapy("2.4 mg/day", catheter=WHOLE, fill=EMPTY))
    minutes = np.array([point.min for point in plan.tip])
    flowed = float(np.diff(minutes) @ np.array([point.mL_per_day for point in plan.tip[1:]])) / 1440
    given = plan.tip[-1].given_ug["morphine"]

    assert given == pytest.approx((flowed - plan.full_mL) * 10_000, rel=1e-6)
    assert plan.during_ug["morphine"] == pytest.approx(plan.missing_ug["morphine"], rel=0.1)


def test_the_course_is_what_a_simulation_gives() -> None:
    """The dose at the tip after a day is that of the simulated day, window and bolus included."""
    program = "2.4 mg/day\n12:00-18:00 4.8 mg/day\nbolus 0.2 mg over 10 min at 20:00"
    plan = therapy(program, fill=EMPTY, more=event('"day 0 10:00"', 'prime = { volume = "0.375 mL", over = "30 min" }'))
    course = prime(plan).tip
    day = simulate(plan, days=1, profiles=()).figures["daily"][0]["doses"]["morphine"]["delivered_ug"]
    reached = np.interp(1440, [point.min for point in course], [point.given_ug["morphine"] for point in course])

    assert reached == pytest.approx(day, rel=0.01)


def test_every_drug_of_a_mixture_has_its_course() -> None:
    """Doses at the tip are in the ratio of the concentrations once the line is full."""
    mixture = label(morphine="10 mg/mL", bupivacaine="20 mg/mL")
    last = prime(therapy("2.4 mg/day", drugs=mixture, fill=EMPTY)).tip[-1].ug_per_h

    assert last["bupivacaine"] == pytest.approx(2 * last["morphine"], rel=1e-6)


@pytest.mark.parametrize(
    ("over", "transit", "peclet", "sigma", "mixing"),
    [
        ("942.5 min", 942, 8.3, 1.3, 403),
        ("282.7 min", 283, 28, 1.9, 121),
        ("11.78 min", 11.8, 667, 9.0, 5.03),
        ("4.909 min", 4.9, 1602, 14, 2.1),
    ],
)
def test_the_front_blurs_as_shear_says(
    tmp_path: Path, over: str, transit: float, peclet: float, sigma: float, mixing: float
) -> None:
    """Bore of 0.53 mm, 89 cm, 5e-6 cm2/s at 0.3 and 1 mL/day, 1 mL/h and 0.2 mL in 5 min: 1.3, 1.9, 9 and 14 %."""
    chosen = 'source = ["chosen"], note = "for this sum"'
    catalogue = tmp_path / "own.toml"
    catalogue.write_text(
        f'[drug.morphine]\ndiffusivity = {{ value = 5e-6, unit = "cm**2/s", {chosen} }}\n'
        f'[pump.synchromed-ii-20]\nfastest_flow = {{ value = 60, unit = "mL/day", {chosen} }}\n'
        f'actuation_duration = {{ value = 1, unit = "ms", {chosen} }}\n'
    )
    bore = np.pi / 4 * 0.053**2 * 89  # mL; the table's transits are those of the bore, and not of 0.0022 mL/cm
    written = text(
        "2.4 mg/day",
        catheter=WHOLE,
        fill=EMPTY,
        more=event('"day 0 10:00"', f'prime = {{ volume = "{bore:.6f} mL", over = "{over}" }}'),
    )
    front = prime(parse_therapy(written, "x.toml", tmp_path, (catalogue,))).front

    assert front.peclet == pytest.approx(peclet, rel=0.01)
    assert front.transit_min == pytest.approx(transit, rel=0.01)
    assert front.sigma_percent == pytest.approx(sigma, rel=0.03)
    assert front.mixing_times == pytest.approx(mixing, rel=0.01)


def test_a_prime_is_not_faster_than_the_pump() -> None:
    """0.2 mL in 5 min would be 57.6 mL a day: at 24 mL a day it takes 12 min, and that is said."""
    plan = prime(therapy("2.4 mg/day", more=event('"day 1"', 'prime = { volume = "0.2 mL", over = "5 min" }')))

    assert plan.duration_min == pytest.approx(12)
    assert "takes 12 min" in plan.notes[0]


def test_over_says_how_long() -> None:
    """A prime that is given an hour takes an hour."""
    assert prime(therapy("2.4 mg/day", fill=EMPTY), parse_quantity("1 h", "duration")).duration_min == pytest.approx(60)


def test_a_prime_after_another_fill_counts_the_new_drug_alone() -> None:
    """Old drug stands in the line at the start: none of it is new, and it is what the patient gets first."""
    more = event('"day 2"', 'refill = { volume = "20 mL", drugs = { morphine = "20 mg/mL" } }')
    more += event('"day 2"', 'prime = { volume = "0.375 mL", over = "23 min" }')
    plan = prime(therapy("2.4 mg/day", more=more))

    assert plan.tip[0].fraction_new == 0
    assert plan.tip[10].ug_per_h["morphine"] == pytest.approx(10_000 * plan.rate_mL_per_h, rel=0.01)
    assert after(plan)[-1] == pytest.approx(1, abs=1e-6)


def test_a_line_that_holds_the_drug_gives_all_of_it() -> None:
    """A prime of a full line brings nothing but drug: everything is new from the start, and it is a dose."""
    plan = prime(therapy("2.4 mg/day", more=event('"day 1"', 'prime = { volume = "0.2 mL", over = "12 min" }')))

    assert plan.tip[0].fraction_new == 1
    assert plan.during_ug["morphine"] == pytest.approx(2000, rel=0.01)
    assert plan.missing_ug["morphine"] == pytest.approx(0, abs=1)


def test_a_fixed_rate_pump_primes_at_its_own_flow() -> None:
    """0.375 mL of tubing and catheter at 0.5 mL/day take as many minutes as that flow needs."""
    plan = prime(therapy(None, pump='model = "isomed-20-0.5"', fill=EMPTY))

    assert plan.duration_min == pytest.approx(plan.full_mL / 0.5 * 1440)


def test_a_pump_that_stands_after_the_prime_never_reaches_full_strength() -> None:
    """With "stop" as the program the course ends with the prime."""
    plan = prime(therapy("stop", fill=EMPTY))

    assert plan.low_until_min is None
    assert plan.tip[-1].min == pytest.approx(plan.duration_min, abs=0.01)


def test_what_cannot_prime_is_refused() -> None:
    """During a bridge nothing is primed, and without a pump there is nothing to prime."""
    more = event('"day 2"', 'refill = { volume = "20 mL", drugs = { morphine = "20 mg/mL" }, bridge = "auto" }')
    more += event('"day 2"', 'prime = { volume = "0.375 mL", over = "23 min" }')
    with pytest.raises(SumError, match=r"cannot run at that moment \(bridge running\)"):
        prime(therapy("2.4 mg/day", more=more))
    alone = '[[drug]]\nname = "morphine"\n' + event(
        '"day 0 10:00"', 'dose = { drug = "morphine", amount = "1 mg", route = "oral" }'
    )
    with pytest.raises(TherapyError, match=r"has no \[pump\]"):
        prime(parse_therapy(alone, "trial.toml", Path()))


def test_pump_and_clock_of_the_file_are_used() -> None:
    """A Prometra runs at 28.8 mL/day at most: 0.286 mL of 110 cm take 14.3 min."""
    plan = prime(
        therapy(
            "2.4 mg/day",
            pump=PUMP.replace("synchromed-ii-20", "prometra-ii-20"),
            catheter='model = "prometra-110"\nremoved = "0 cm"\ntip = "T10"',
            fill=TUBING,
        )
    )
    assert plan.volume_mL == pytest.approx(0.286)
    assert plan.duration_min == pytest.approx(0.286 / 28.8 * 1440)
