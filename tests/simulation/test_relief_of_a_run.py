"""Relief, breathing, side effects and spasticity as a run tells them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.simulation.support import therapy

from intrathecal.quantities import Quantity
from intrathecal.simulation.api import Run, simulate
from intrathecal.simulation.dataset import write_netcdf
from intrathecal.simulation.outcome import entries_used
from intrathecal.simulation.relieved import mean_of_last
from intrathecal.therapy import Event, OralOpioid, Therapy, parse_therapy

DAY_S = 86_400.0
PAIN_KEYS = {"pain_before", "pain_mean", "untreated_pain"}
SPASTICITY_KEYS = {"spasticity_before", "spasticity_mean"}
WITHOUT_PUMP = """
[patient]
height = "172 cm"
{patient}
{drugs}
[simulation]
days = {days}
{events}
"""
BUPIVACAINE = 'drug = "bupivacaine", amount = "5 mg"'


def file_of(*doses: str, drugs: tuple[str, ...] = ("morphine",), patient: str = "pain = 7", days: str = "2") -> Therapy:
    """An experiment with doses at the start."""
    events = "".join(f'\n[[event]]\nat = "day 0"\ndose = {{ {dose} }}\n' for dose in doses)
    named = "".join(f'\n[[drug]]\nname = "{drug}"\n' for drug in drugs)
    text = WITHOUT_PUMP.format(patient=patient, drugs=named, days=days, events=events)
    return parse_therapy(text, "experiment.toml", Path())


def dosed(*doses: str, drugs: tuple[str, ...] = ("morphine",), patient: str = "pain = 7", days: str = "2") -> Run:
    """That, run."""
    return simulate(file_of(*doses, drugs=drugs, patient=patient, days=days), profiles=())


@pytest.fixture(scope="module")
def nine_days() -> Run:
    """Nine days with a refill, at a dose that relieves a part."""
    refill = 'at = "day 5 11:23"\nrefill = { volume = "20 mL" }'
    return simulate(therapy(refill, days="9", patient="pain = 8", program="0.5 mg/day"), profiles=(), every_ms=300_000)


@pytest.mark.parametrize(
    "dose",
    [
        'drug = "morphine", amount = "10 mg", route = "intravenous"',
        'drug = "morphine", amount = "30 mg", route = "oral"',
        'drug = "morphine", amount = "4 mg", route = "epidural", level = "T10"',
        'drug = "morphine", amount = "0.3 mg", route = "intrathecal", level = "L3"',
    ],
)
def test_every_route_relieves_and_depresses_breathing_and_then_wears_off(dose: str) -> None:
    """Pain falls after the dose by whatever way, and four days later what is left is placebo."""
    run = dosed(dose, days="4")
    relief, breathing = run.data["relief_fraction"].values, run.data["breathing_fraction"].values

    assert relief[0] == pytest.approx(0, abs=1e-12)
    assert breathing[0] == pytest.approx(1, abs=1e-12)
    assert relief.max() > 0.02
    assert relief[-1] < 0.2 * relief.max()
    assert run.figures["relief"]["breathing_fraction_min"] == breathing.min() < 0.99
    assert run.figures["relief"]["tolerance"]["spinal"] > 1


@pytest.mark.parametrize("start", ["01:07", "23:44", "23:52"])
def test_breathing_and_side_effects_at_their_worst_are_not_missed_between_samples(start: str) -> None:
    """Fentanyl by vein over ten minutes acts most soon after its end, also past midnight: seen however few samples."""
    dose = 'drug = "fentanyl", amount = "100 mcg", route = "intravenous", over = "10 min"'
    text = WITHOUT_PUMP.format(patient="", drugs='[[drug]]\nname = "fentanyl"', days="1.1", events="")
    plan = parse_therapy(f'{text}\n[[event]]\nat = "day 0 {start}"\ndose = {{ {dose} }}\n', "experiment.toml", Path())
    rarely, often = (simulate(plan, profiles=(), every_ms=every) for every in (86_400_000, 5_000))
    least = float(often.data["breathing_fraction"].min())

    for run in (rarely, often):
        assert run.figures["relief"]["breathing_fraction_min"] == pytest.approx(least, rel=1e-3)
    assert rarely.figures["relief"]["side_effects"] == pytest.approx(often.figures["relief"]["side_effects"], rel=1e-9)


def test_placebo_alone_is_all_that_a_run_without_a_dose_gives() -> None:
    """Pain is 7 (1 - 0.12 (1 - 2^(-t/week))), whatever the catalogue says of drugs."""
    run = dosed(days="21")
    relief = run.finished.case.senses.relief
    halves = run.data["time"].values / relief.placebo_half_time.canonical
    expected = 7 * (1 - relief.placebo_max.canonical * (1 - 0.5**halves))

    assert run.data["pain"].values == pytest.approx(expected, rel=1e-12)
    assert run.figures["relief"]["side_effects"] == {}
    assert run.figures["relief"]["breathing_fraction_min"] == 1


def test_mean_pain_is_that_of_the_last_seven_days(nine_days: Run) -> None:
    """The time mean of the traces over the last seven days of nine, however they are sampled."""
    data, relief = nine_days.data, nine_days.figures["relief"]
    late = data["time"].values >= 2 * DAY_S
    time, pain = data["time"].values[late], data["pain"].values[late]

    assert relief["pain_mean"] == pytest.approx(np.trapezoid(pain, time) / (7 * DAY_S), rel=1e-3)
    assert relief["relief_percent"] == pytest.approx(100 * (1 - relief["pain_mean"] / 8), rel=1e-12)
    assert relief["pain_before"] == 8


@pytest.mark.parametrize("last", [7 * DAY_S, 3.3 * DAY_S])
def test_the_mean_of_a_line_is_its_middle(last: float) -> None:
    """For a straight line over nine days, sampled unevenly, the mean of the last part is half-way along it."""
    times = np.unique(np.append(np.random.default_rng(1).uniform(0, 9 * DAY_S, 50), [0, 9 * DAY_S]))

    assert mean_of_last(times, 3 + times, last) == pytest.approx(3 + 9 * DAY_S - last / 2, rel=1e-12)
    assert mean_of_last(times[-5:], times[-5:], 9 * DAY_S) == pytest.approx((times[-5] + times[-1]) / 2)


def test_half_relief_is_reached_when_it_is_said(nine_days: Run) -> None:
    """At that hour relief is half of the relief of the last days, and never before."""
    data, relief = nine_days.data, nine_days.figures["relief"]
    hours, relieved = data["time"].values / 3600, 100 * (1 - data["pain"].values / 8)
    at = relief["hours_to_half_relief"]

    assert np.interp(at, hours, relieved) == pytest.approx(relief["relief_percent"] / 2, rel=0.01)
    assert relieved[hours < at - 0.1].max() < relief["relief_percent"] / 2


def test_tolerance_grows_and_takes_from_relief() -> None:
    """Under a constant infusion the cord needs more and more, and pain comes back."""
    data = simulate(therapy(days="40", program="1 mg/day"), profiles=()).data
    day = data["time"].values / DAY_S
    tolerance, relieved = data["tolerance_spinal"].values, data["relief_fraction"].values

    assert (np.diff(tolerance) >= 0).all()
    assert tolerance[0] == 1
    assert tolerance[-1] > 1.5
    assert relieved[-1] < relieved[np.searchsorted(day, 3)]


def test_tolerance_does_not_depend_on_what_happens_between_two_asks() -> None:
    """Events that change nothing cut the run where they like; the grid of 15 minutes stays."""
    dose = 'drug = "morphine", amount = "0.5 mg", route = "intrathecal", level = "L3"'
    whole = file_of(dose)
    nothing = OralOpioid(Quantity(Decimal(0), "mg/day", "mass rate"))
    cuts = tuple(Event(2 + cut, 1, "", 36_000_000 + 4_007_000 * cut, nothing) for cut in range(6))
    first, second = (
        simulate(replace(whole, events=(*whole.events, *events)), profiles=()).data for events in ((), cuts)
    )
    common = np.isin(second["time"].values, first["time"].values)

    assert (second["ask_time"].values == first["ask_time"].values).all()
    assert (second["score"].values == first["score"].values).all()
    for name in ("tolerance_spinal", "tolerance_supraspinal", "pain", "breathing_fraction"):
        assert second[name].values[common] == pytest.approx(first[name].values, rel=1e-9)


def test_side_effects_are_those_of_the_drugs_that_were_given() -> None:
    """A drug that is declared and never given has none; more of a drug makes them likelier."""
    drugs = ("morphine", "clonidine")
    less, more = (
        dosed(f'drug = "morphine", amount = "{amount} mg", route = "intrathecal", level = "L3"', drugs=drugs).figures
        for amount in ("0.1", "1")
    )
    known = therapy().catalogue.side_effects

    assert {known[name].mechanism for name in less["relief"]["side_effects"]} == {"opioid"}
    for name, probability in less["relief"]["side_effects"].items():
        assert known[name].background.canonical <= probability < more["relief"]["side_effects"][name] < 1


def test_spasticity_is_followed_instead_of_pain() -> None:
    """Baclofen for spasticity: the keys of pain are null, and Ashworth falls; the traces say the same."""
    dose = 'drug = "baclofen", amount = "75 mcg", route = "intrathecal", level = "L3"'
    run = dosed(dose, drugs=("baclofen",), patient='indication = "spasticity"', days="1")
    relief, data = run.figures["relief"], run.data

    assert all(relief[key] is None for key in PAIN_KEYS)
    assert relief["spasticity_before"] == 3
    assert relief["spasticity_mean"] == pytest.approx(3 * (1 - relief["relief_percent"] / 100))
    assert 0 < relief["relief_percent"] < 100
    assert relief["breathing_fraction_min"] == 1
    assert np.isnan(data["pain"].values).all()
    assert data["spasticity"].values == pytest.approx(3 * (1 - data["relief_fraction"].values))
    assert "score" not in data


@pytest.mark.parametrize(
    ("patient", "drugs", "spastic"),
    [
        ("", ("baclofen",), True),
        ("", ("baclofen", "morphine"), False),
        ('indication = "cancer"', ("baclofen",), False),
        ('indication = "spasticity"', ("morphine",), True),
        ("", ("morphine",), False),
    ],
)
def test_what_is_followed_is_the_indication_or_what_all_drugs_do(
    patient: str, drugs: tuple[str, ...], spastic: bool
) -> None:
    """One of the two is followed, and the keys of the other are null."""
    relief = dosed(drugs=drugs, patient=patient, days="0.1").figures["relief"]
    followed, other = (SPASTICITY_KEYS, PAIN_KEYS) if spastic else (PAIN_KEYS, SPASTICITY_KEYS)

    assert all(relief[key] is not None for key in followed)
    assert all(relief[key] is None for key in other)


def test_baclofen_does_not_act_on_pain_nor_morphine_on_spasticity() -> None:
    """Each leaves the other's complaint as it was, and the run says so."""
    baclofen = 'drug = "baclofen", amount = "75 mcg", route = "intrathecal", level = "L3"'
    morphine = 'drug = "morphine", amount = "1 mg", route = "intrathecal", level = "L3"'
    pained = dosed(baclofen, drugs=("baclofen",), patient='pain = 7\nindication = "cancer"')
    spastic = dosed(morphine, patient='indication = "spasticity"')

    assert (pained.data["relief_fraction"].values == 0).all()
    assert "Baclofen acts on spasticity, not on pain." in pained.figures["assumptions"]
    assert (spastic.data["spasticity"].values == 3).all()
    assert "Morphine acts on pain, not on spasticity." in spastic.figures["assumptions"]
    assert spastic.figures["relief"]["breathing_fraction_min"] < 0.9


def test_a_patient_without_pain_has_no_relief_to_speak_of() -> None:
    """Pain 0 stays 0; percent and hours are null."""
    relief = dosed('drug = "morphine", amount = "10 mg", route = "oral"', patient="pain = 0").figures["relief"]

    assert (relief["pain_before"], relief["pain_mean"]) == (0, 0)
    assert relief["relief_percent"] is relief["hours_to_half_relief"] is None


def test_more_of_a_second_drug_gives_no_less_relief() -> None:
    """Bupivacaine beside morphine, through the whole run."""
    morphine = 'drug = "morphine", amount = "0.2 mg", route = "intrathecal", level = "L3"'
    drugs = ("morphine", "bupivacaine")
    alone, both = (
        dosed(*doses, drugs=drugs).data["relief_fraction"]
        for doses in ((morphine,), (morphine, f'{BUPIVACAINE}, route = "intrathecal", level = "L3"'))
    )

    assert (both.values >= alone.values).all()
    assert (both - alone).values.max() > 0.1


def test_the_sources_are_those_of_relief_and_of_the_side_effects_that_apply() -> None:
    """Baclofen's run rests on its own side effects and not on an opioid's."""
    names = [getattr(entry, "name", type(entry).__name__) for entry in entries_used(file_of(drugs=("baclofen",)))]
    known = therapy().catalogue.side_effects

    assert "Relief" in names
    assert {name for name in names if name in known} == {
        name for name, effect in known.items() if effect.mechanism == "GABA-B agonist"
    }


def test_what_is_felt_is_kept_in_netcdf(tmp_path: Path) -> None:
    """Traces, scores and presses are read back as they were written, with text for each answer."""
    presses = "['day 0 12:00', 'day 0 12:30']"
    program = "2.4 mg/day\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day"
    data = simulate(therapy(program=program, presses=presses, days="1"), every_ms=3_600_000).data
    write_netcdf(data, tmp_path / "run.nc")
    read = xr.load_dataset(tmp_path / "run.nc", decode_times=False)

    assert read["press_answer"].values.tolist() == ["", "lockout"]
    assert read["press_time"].values.tolist() == [7200.0, 9000.0]
    for name in ("pain", "relief_fraction", "breathing_fraction", "tolerance_spinal", "score", "ask_time"):
        assert (read[name].values == data[name].values).all()
        assert read[name].attrs.get("long_name") or read[name].attrs["units"] == "seconds"
