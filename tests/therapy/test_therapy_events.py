"""The events of a therapy file, and the objects that they become."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from tests.therapy.support import FILE, action, mg_per_ml, q, with_event

from intrathecal.therapy import (
    Action,
    Aspirate,
    BatteryReset,
    CatheterLeak,
    Disconnect,
    Dose,
    FlowStop,
    MotorStall,
    Occlusion,
    OverInfusion,
    PocketFill,
    Prime,
    ReplacePump,
    Reset,
    Revise,
    TipMigration,
    load_therapy,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('prime = { volume = "0.3 mL", over = "15 min" }', Prime(q("0.3", "mL", "volume"), q("15", "min", "duration"))),
        ("reset = true", Reset()),
        (
            'aspirate = { volume = "1 mL", from = "side-port" }',
            Aspirate(q("1", "mL", "volume"), "side-port"),
        ),
        (
            'dose = { drug = "morphine", amount = "3 mg", route = "intravenous", over = "5 min" }',
            Dose("morphine", q("3", "mg", "mass"), "intravenous", None, q("5", "min", "duration"), None),
        ),
        (
            'dose = { drug = "morphine", amount = "30 mg", route = "oral" }',
            Dose("morphine", q("30", "mg", "mass"), "oral", None, None, None),
        ),
        (
            'dose = { drug = "morphine", amount = "3 mg", route = "epidural", level = "L2", volume = "10 mL" }',
            Dose("morphine", q("3", "mg", "mass"), "epidural", "L2", None, q("10", "mL", "volume")),
        ),
        (
            'fault = { kind = "catheter-leak", fraction = "25 %", for = "2 h" }',
            CatheterLeak(Fraction(1, 4), q("2", "h", "duration")),
        ),
        ('fault = { kind = "occlusion", fraction = 1 }', Occlusion(Fraction(1), None)),
        ('fault = { kind = "disconnect" }', Disconnect(None)),
        ('fault = { kind = "tip-migration", to = "L2" }', TipMigration("L2", None)),
        ('fault = { kind = "motor-stall", for = "3 days" }', MotorStall(q("3", "days", "duration"))),
        ('fault = { kind = "over-infusion", factor = 1.5 }', OverInfusion(Fraction(3, 2), None)),
        ('fault = { kind = "pocket-fill", volume = "10 mL" }', PocketFill(q("10", "mL", "volume"), None)),
        ('fault = { kind = "battery-reset" }', BatteryReset(None)),
        ('fault = { kind = "flow-stop" }', FlowStop(None)),
    ],
)
def test_events(written: str, expected: Action) -> None:
    """Every kind of event and fault becomes its object."""
    assert action(written) == expected


def test_a_dose_goes_to_the_tip_unless_told() -> None:
    """A spinal dose without a level goes to the catheter's tip as it is by then, and says so."""
    therapy = with_event(
        'revise = { tip = "T8" }\n[[event]]\nat = "day 81"\n'
        'dose = { drug = "morphine", amount = "0.1 mg", route = "intrathecal" }'
    )
    dose = therapy.events[5].action
    assert isinstance(dose, Dose)

    assert dose.level == "T8"
    assert "event 6: level not given, the catheter's tip (T8) assumed" in therapy.notes


def test_catheter_revisions() -> None:
    """A tip moved, a catheter shortened, and a new one: each time the whole catheter as it is afterwards."""
    catheter = load_therapy(FILE).catheter
    assert catheter

    moved = action('revise = { tip = "T8" }')
    assert moved == Revise(replace(catheter, tip="T8"), replaced=False)
    shorter = action('revise = { removed = "40 cm" }')
    assert shorter == Revise(replace(catheter, removed_cm=(Fraction(0), Fraction(40))), replaced=False)
    new = with_event('revise = { model = "indura-8709sc", tip = "T7" }')
    revise = new.events[4].action
    assert isinstance(revise, Revise)
    assert (revise.catheter.entry.name, revise.catheter.tip, revise.replaced) == ("indura-8709sc", "T7", True)
    assert revise.catheter.removed_cm == (Fraction(0),)
    assert "event 5: removed not given, 0 cm assumed" in new.notes


def test_pump_replacements() -> None:
    """A new pump has the day of its operation, no drive error of the old one, and the fill that is said or assumed."""
    therapy = with_event('replace-pump = { model = "synchromed-iii-40" }')
    replacement = therapy.events[4].action
    assert isinstance(replacement, ReplacePump)

    assert (replacement.pump.entry.name, replacement.pump.implanted) == ("synchromed-iii-40", date(2026, 5, 21))
    assert (replacement.pump.utc_offset_minutes, replacement.pump.drive_error) == (60, Fraction(0))
    assert (replacement.volume, replacement.primed, replacement.primary) == (
        q("20", "mL", "volume"),
        "tubing",
        "morphine",
    )
    assert replacement.drugs == {"morphine": mg_per_ml("20"), "bupivacaine": mg_per_ml("30")}
    assert therapy.notes[1:] == (
        "event 5: volume not given, the new pump is filled with 20 mL as the old one was",
        'event 5: primed not given, "tubing" assumed (the catheter keeps what it holds)',
    )
    larger = with_event(
        'replace-pump = { model = "synchromed-iii-40", volume = "40 mL", primed = "no", drive_error = "1 %" }\n'
        '[[event]]\nat = "day 81"\nrefill = { volume = "40 mL" }'
    )
    assert isinstance(larger.events[4].action, ReplacePump)
    assert larger.events[4].action.pump.drive_error == Fraction(1, 100)
