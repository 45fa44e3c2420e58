"""The [patient] and [simulation] tables."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from intrathecal.catalogue import Catalogue
from intrathecal.quantities import Quantity, QuantityError, factor, parse_number, shorten
from intrathecal.therapy.file import bounds
from intrathecal.therapy.file.section import Item, Section
from intrathecal.therapy.file.times import Calendar
from intrathecal.therapy.plan import (
    NoPresses,
    Patient,
    Presses,
    PressRate,
    PressTimes,
    PressWhenPain,
    SimulationPlan,
)

SEXES = ("female", "male")
INDICATIONS = ("nociceptive", "neuropathic", "cancer", "spasticity")
KEYS = (
    "height",
    "weight",
    "age",
    "sex",
    "indication",
    "pain",
    "oral_opioid",
    "sedatives",
    "sleep_apnoea",
    "egfr",
    "allergies",
)
#: Keys whose absence means a value, not "unknown".
DEFAULTED = ("height", "weight", "age", "indication", "pain", "oral_opioid")
DEFAULT_INDICATION = "nociceptive"
DEFAULT_PAIN = 7.0
NO_OPIOID = Quantity(Decimal(0), "mg/day", "mass rate")
DEFAULT_DAYS = Fraction(90)
PRESSES_REMEDY = 'write "never", a list of times, a rate such as "3 per day", or "when pain > 5"'


def read_patient(section: Section, catalogue: Catalogue) -> Patient:
    """The patient; what the file leaves out is the catalogue's adult, and named in ``assumed``."""
    section.only(*KEYS)
    body = catalogue.physiology
    height, weight, age = section.item("height"), section.item("weight"), section.item("age")
    sex, indication, pain = section.item("sex"), section.item("indication"), section.item("pain")
    opioid, sedatives = section.item("oral_opioid"), section.item("sedatives")
    apnoea, egfr, allergies = section.item("sleep_apnoea"), section.item("egfr"), section.item("allergies")
    adult_years = float(body.adult_age.exact / factor("year", "s"))
    return Patient(
        height_cm=height.within("length", *bounds.HEIGHT).canonical if height else body.adult_height.canonical,
        weight_kg=weight.within("body mass", *bounds.WEIGHT).canonical if weight else body.adult_weight.canonical,
        age=float(age.number(*bounds.AGE_YEARS)) if age else adult_years,
        sex=sex.choice(SEXES, "a sex") if sex else None,
        indication=indication.choice(INDICATIONS, "an indication") if indication else DEFAULT_INDICATION,
        pain=float(pain.number(*bounds.PAIN)) if pain else DEFAULT_PAIN,
        oral_opioid=opioid.at_most(opioid.zero_or_more("mass rate"), bounds.MOST_ORAL_OPIOID) if opioid else NO_OPIOID,
        sedatives=sedatives.flag() if sedatives else None,
        sleep_apnoea=apnoea.flag() if apnoea else None,
        egfr_ml_per_min=_read_egfr(egfr) if egfr else None,
        allergies=tuple(item.text() for item in allergies.items()) if allergies else (),
        assumed=tuple(key for key in DEFAULTED if key not in section.table),
    )


def _read_egfr(item: Item) -> float:
    """mL/min, as a plain number or with its unit."""
    low, high = bounds.EGFR_ML_PER_MIN
    if isinstance(item.value, str):
        return float(item.within("flow", f"{low} mL/min", f"{high} mL/min").to("mL/min"))
    return float(item.number(low, high))


def read_simulation(section: Section, calendar: Calendar) -> SimulationPlan:
    """How long, which presses, which seed."""
    section.only("days", "presses", "seed")
    days, presses, seed = section.item("days"), section.item("presses"), section.item("seed")
    return SimulationPlan(
        days=Fraction(days.number(*bounds.SIMULATED_DAYS)) if days else DEFAULT_DAYS,
        presses=_read_presses(presses, calendar) if presses else NoPresses(),
        seed=seed.whole(0, bounds.SEED) if seed else 0,
    )


def _read_presses(item: Item, calendar: Calendar) -> Presses:
    if isinstance(item.value, list):
        return _read_press_times(item, calendar)
    words = item.text().lower().replace(">", " > ").split()
    match words:
        case [number, "per", "day"]:
            return PressRate(_read_presses_number(item, number, bounds.PRESSES_PER_DAY))
        case ["when", "pain", ">", number]:
            return PressWhenPain(_read_presses_number(item, number, bounds.PAIN[1]))
    if words != ["never"]:
        item.fail(f'"{shorten(item.text())}" is not a way to press', PRESSES_REMEDY)
    return NoPresses()


def _read_presses_number(item: Item, text: str, high: int) -> Decimal:
    try:
        number = parse_number(text)
    except QuantityError:
        item.fail(f'"{shorten(text)}" is not a number', PRESSES_REMEDY)
    if not 0 <= number <= high:
        item.fail(f"{shorten(text)} is not possible", f"write a number from 0 to {high}")
    return number


def _read_press_times(item: Item, calendar: Calendar) -> PressTimes:
    times: list[int] = []
    for press in item.items():
        at_ms = calendar.at_ms(press)
        if times and at_ms <= times[-1]:
            press.fail("it is not after the press before it", "write the times in their order, each once")
        times.append(at_ms)
    return PressTimes(tuple(times))
