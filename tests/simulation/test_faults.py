"""What each fault and event does: what the pump believes beside what happens, and where the drug went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.simulation.support import ledger, run, therapy_text

from intrathecal.simulation.api import Run, simulate
from intrathecal.therapy import parse_therapy

DAY_1_NOON = 'at = "day 1 12:00"\n'
DAY_2_NINE = 'at = "day 2 09:00"\n'
#: 2.4 mg/day for 4 days at 10 mg/mL; the fault comes after 26 h.
WHOLE_ML = 0.96
BEFORE_ML = 0.24 * 26 / 24
AFTER_ML = WHOLE_ML - BEFORE_ML
STEP_ML = 2e-5


def fault(kind: str, more: str = "") -> str:
    """A fault on day 1 at noon."""
    return f'{DAY_1_NOON}fault = {{ kind = "{kind}"{more} }}'


@pytest.mark.parametrize(
    ("event", "counted", "delivered"),
    [
        (fault("catheter-leak", ", fraction = 0.4"), WHOLE_ML, WHOLE_ML),
        (fault("occlusion", ", fraction = 0.5"), WHOLE_ML, BEFORE_ML + AFTER_ML / 2),
        (fault("occlusion", ", fraction = 1.0"), WHOLE_ML, BEFORE_ML),
        (fault("disconnect"), WHOLE_ML, WHOLE_ML),
        (fault("tip-migration", ', to = "L3"'), WHOLE_ML, WHOLE_ML),
        (fault("motor-stall", ', for = "6 h"'), WHOLE_ML - 0.06, WHOLE_ML - 0.06),
        (fault("motor-stall"), BEFORE_ML, BEFORE_ML),
        (fault("over-infusion", ", factor = 2.0"), WHOLE_ML, WHOLE_ML + AFTER_ML),
        (fault("over-infusion", ', factor = 2.0, for = "10 h"'), WHOLE_ML, WHOLE_ML + 0.1),
        (fault("flow-stop"), WHOLE_ML, BEFORE_ML),
        (fault("flow-stop", ', for = "3 h"'), WHOLE_ML, WHOLE_ML - 0.03),
        (fault("battery-reset"), BEFORE_ML + 0.006 * 70 / 24, BEFORE_ML + 0.006 * 70 / 24),
        (fault("battery-reset", ', for = "10 h"'), WHOLE_ML - 0.0975, WHOLE_ML - 0.0975),
        (fault("pocket-fill", ', volume = "3 mL"'), WHOLE_ML, WHOLE_ML),
        (DAY_1_NOON + 'mri = "45 min"', WHOLE_ML - 0.01 * 65 / 60, WHOLE_ML - 0.01 * 65 / 60),
    ],
)
def test_a_fault_parts_what_is_counted_from_what_is_delivered(event: str, counted: float, delivered: float) -> None:
    """The pump counts what it believes; what left it is what the fault let through; both reservoirs follow."""
    pump = run(event).figures["pump"]

    assert pump["counted_mL"] == pytest.approx(counted, abs=STEP_ML)
    assert pump["delivered_mL"] == pytest.approx(delivered, abs=STEP_ML)
    assert pump["reservoir_mL"] == pytest.approx(20 - counted, abs=STEP_ML)
    pocket = 3 if "pocket" in event else 0
    assert pump["reservoir_true_mL"] == pytest.approx(20 - delivered - pocket, abs=STEP_ML)


def test_a_leak_loses_its_fraction_outside_the_canal() -> None:
    """0.4 of 7 mg."""
    assert ledger(run(fault("catheter-leak", ", fraction = 0.4")))["leaked_ug"] == pytest.approx(2800, rel=1e-4)


def test_a_disconnected_catheter_loses_all_and_keeps_its_own_content() -> None:
    """7 mg leak; the catheter still holds its 0.2398 mL of 10 mg/mL."""
    row = ledger(run(fault("disconnect")))

    assert row["leaked_ug"] == pytest.approx(7000, rel=1e-4)
    assert row["catheter_ug"] == pytest.approx(2398, rel=1e-6)


def test_a_pocket_fill_alone_takes_drug_from_the_reservoir() -> None:
    """3 mL of 10 mg/mL lie in the pocket."""
    assert ledger(run(fault("pocket-fill", ', volume = "3 mL"')))["pocket_ug"] == pytest.approx(30_000)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_pocket_fill_at_a_refill_takes_from_the_syringe_in_either_order(order: tuple[int, int]) -> None:
    """5 of 18 mL at 20 mg/mL go into the pocket; the pump believes 18 mL."""
    both = (
        DAY_2_NINE + 'refill = { volume = "18 mL", drugs = { morphine = "20 mg/mL" } }',
        DAY_2_NINE + 'fault = { kind = "pocket-fill", volume = "5 mL" }',
    )
    done = run(*(both[index] for index in order))
    pump = done.figures["pump"]

    assert ledger(done)["pocket_ug"] == pytest.approx(100_000)
    assert pump["reservoir_mL"] - pump["reservoir_true_mL"] == pytest.approx(5, abs=1e-9)


def test_a_migrated_tip_gives_its_drug_at_the_new_level() -> None:
    """More reaches L3 and less T10."""
    here, there = run(days="10"), run(fault("tip-migration", ', to = "L3"'), days="10")

    def mean(done: Run, level: str) -> float:
        return float(done.figures["exposure"]["morphine"][level]["mean_ug_per_mL"])

    assert mean(there, "L3") > 1.5 * mean(here, "L3")
    assert mean(there, "T10") < mean(here, "T10")


def test_e2_mri_escape_dose_and_the_valve_that_stays_closed() -> None:
    """E2: 10 uL of 25 mg/mL are 0.25 mg; nothing more flows until a reset, and the pump counts on."""
    scan = DAY_1_NOON + 'mri = "45 min"'
    closed = run(scan, pump="prometra-ii-20", concentration="25 mg/mL", program="2.5 mg/day")
    before = 0.1 * 26 / 24
    pump = closed.figures["pump"]
    assert pump["delivered_mL"] * 25 == pytest.approx((before + 0.01) * 25, abs=0.0625)
    assert pump["counted_mL"] == pytest.approx(0.4, abs=0.0025)
    whole_steps = int(before / 0.0025) * 0.0025
    assert (pump["delivered_mL"] - whole_steps) * 25 == pytest.approx(0.25, abs=1e-9)

    again = run(scan, 'at = "day 2 12:00"\nreset = true', pump="prometra-ii-20", program="2.4 mg/day")
    assert again.figures["pump"]["delivered_mL"] == pytest.approx(0.26 + 0.01 + 0.46, abs=0.005)


def test_a_fixed_rate_pump_is_not_moved_by_a_scan() -> None:
    """IsoMed 0.5 mL/day gives 0.5 mL a day, without alarms."""
    text = 'at = "day 1 12:00"\nmri = "45 min"'
    plain = therapy_text(text, pump="isomed-20-0.5").replace("[program]\ntext = '''\n2.4 mg/day\n'''\n", "")
    pump = simulate(parse_therapy(plain, "fixed.toml", Path()), profiles=()).figures["pump"]
    assert pump["delivered_mL"] == pytest.approx(2.0, abs=1e-3)
    assert pump["alarms"] == []


def test_less_removed_at_a_refill_mixes_the_old_drug_with_the_new() -> None:
    """12 of 19.53 mL are taken out; 7.53 mL of 10 mg/mL mix with 10 mL of 20 mg/mL, and the pump believes the label."""
    done = run(DAY_2_NINE + 'refill = { volume = "10 mL", removed = "12 mL", drugs = { morphine = "20 mg/mL" } }')
    row, pump = ledger(done), done.figures["pump"]

    mixture = (7.53 * 10_000 + 10 * 20_000) / 17.53
    assert row["removed_ug"] == pytest.approx(120_000)
    assert row["reservoir_ug"] / pump["reservoir_true_mL"] == pytest.approx(mixture, rel=1e-5)
    assert pump["reservoir_true_mL"] - pump["reservoir_mL"] == pytest.approx(7.53, abs=1e-4)


def test_a_wrong_syringe_is_in_the_ledger_and_not_in_the_pump() -> None:
    """The label says 10 mg/mL and the syringe held 20: what is asked stays 2.4 mg/day, what arrives doubles."""
    wrong = run(DAY_2_NINE + 'refill = { volume = "18 mL", actual = { morphine = "20 mg/mL" } }', days="8")
    last = wrong.figures["daily"][-1]["doses"]["morphine"]

    assert last["asked_ug"] == pytest.approx(2400, rel=1e-6)
    assert last["delivered_ug"] == pytest.approx(4800, rel=1e-3)


@pytest.mark.requirement("ACC-8")
def test_e5_bridge_and_what_a_skipped_one_does() -> None:
    """E5: 0.375 mL of old drug at 0.6 mL/day take 15.0 h, then 0.150 mL/day; without a bridge 25 % of the dose for 60 h."""
    change = 'refill = { volume = "20 mL", drugs = { morphine = "2 mg/mL" }, bridge = "%s" }'
    plan: dict[str, Any] = {
        "concentration": "0.5 mg/mL",
        "program": "0.3 mg/day",
        "catheter": "indura-8709sc",
        "removed": "9 cm",
        "days": "8",
    }
    bridged, skipped = (run(DAY_2_NINE.replace("09:00", "10:00") + change % kind, **plan) for kind in ("auto", "none"))

    def doses(done: Run) -> list[float]:
        return [day["doses"]["morphine"]["delivered_ug"] for day in done.figures["daily"]]

    assert bridged.figures["pump"]["counted_mL"] == pytest.approx(2 * 0.6 + 0.375 + (6 - 0.625) * 0.15, abs=1e-4)
    assert doses(bridged) == pytest.approx([300] * 8, rel=0.01)
    assert doses(skipped)[2:4] == pytest.approx([75, 75], rel=0.01)
    assert doses(skipped)[4] == pytest.approx((75 + 300) / 2, rel=0.1)
    assert doses(skipped)[6] == pytest.approx(300, rel=0.02)


@pytest.mark.requirement("ACC-20")
def test_an_empty_reservoir_is_never_delivered() -> None:
    """An over-infusing drive empties 1 mL while the pump still counts: the ledger knows, and nothing is negative."""
    done = run(volume="3 mL", drive_error="14 %", program="10 mg/day")
    pump = done.figures["pump"]

    assert pump["delivered_mL"] == pytest.approx(3.0)
    assert pump["reservoir_true_mL"] == 0
    assert pump["counted_mL"] == pytest.approx(3.0, abs=STEP_ML)
    assert "empty-reservoir" in [alarm["alarm"] for alarm in pump["alarms"]]


def test_fluid_from_the_side_port_takes_the_catheter_first() -> None:
    """2 mL drawn hold the catheter's 2398 ug and a little drug from around the tip."""
    removed = ledger(run(DAY_2_NINE + 'aspirate = { volume = "2 mL", from = "side-port" }'))["removed_ug"]

    assert 2398 < removed < 2398 + 2 * 20


@pytest.mark.requirement("ACC-21")
def test_a_catheter_filled_with_fluid_delays_the_drug() -> None:
    """With nothing primed, the first drug comes after 0.4388 mL at 0.24 mL/day, 1.83 days later."""
    days = run(primed="no", days="4").figures["daily"]

    arrived = [day["doses"]["morphine"]["delivered_ug"] for day in days]
    assert arrived[0] < 1e-6
    assert sum(arrived) == pytest.approx((4 - 0.4388 / 0.24) * 2400, rel=1e-3)


def test_two_refills_of_one_moment_lose_the_pocket_once() -> None:
    """3 mL of the first 10 mL of 10 mg/mL go astray; the second 10 mL are whole."""
    done = run(
        f'{DAY_2_NINE}refill = {{ volume = "10 mL" }}',
        f'{DAY_2_NINE}refill = {{ volume = "10 mL", removed = "0 mL" }}',
        f'{DAY_2_NINE}fault = {{ kind = "pocket-fill", volume = "3 mL" }}',
    )

    assert ledger(done)["pocket_ug"] == pytest.approx(30_000)
    assert ledger(done)["relative_error"] <= 1e-9
