"""Every place where a person types a number refuses the same slips, in one message with its remedy, and exit code 2."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from intrathecal.care import cells
from intrathecal.cli import main, typed
from intrathecal.quantities import parse_quantity
from intrathecal.therapy import Dose, Program, load_therapy

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PAGE = ROOT / "docs" / "number-entry.md"
DEMO = (EXAMPLES / "failed-back.toml").read_text(encoding="utf-8")
#: What a slip of the key, another country's habit or a bad paste makes of a number.
SLIPS = (
    ".5",
    "5.",
    "5,0",
    "1,000",
    "1e3",
    "1E-3",
    "+5",
    "05",
    "5..0",
    "5.0.0",
    "1 000",
    "5 . 5",
    "0x10",
    "1_000",
    "\N{FULLWIDTH DIGIT FIVE}",
    "5\N{ARABIC-INDIC DIGIT THREE}",
    "\N{MINUS SIGN}5",
    "\N{EN DASH}5",
    "5\N{NO-BREAK SPACE}000",
    "NaN",
    "inf",
    "9" * 400,
    "",
)
#: What becomes of the unit; the first two are right numbers of another thing.
WRONG_UNITS = (
    "10mg/ml/day",
    "5 mgs",
    "5 Mgs",
    "5 millig",
    "5",
    "5 mg mL",
    "5 \N{GREEK CAPITAL LETTER MU}g",
    "5 KG/M/S",
)


@dataclass(frozen=True)
class Entry:
    """A place where a number is typed: its name on the page, the unit that belongs there, and how it gets there."""

    name: str
    unit: str
    typed: Callable[[Path, str], list[str]]

    def __str__(self) -> str:
        return self.name


def option(name: str, unit: str, *words: str, form: str = "{}") -> Entry:
    """A number that follows an option (the word ``HERE``) of a command."""
    return Entry(name, unit, lambda folder, text: [form.format(text) if word == "HERE" else word for word in words])


def in_file(name: str, unit: str, old: str, new: str) -> Entry:
    """A number of a therapy file: ``new`` in the place of ``old``, the number in the place of ``HERE``."""
    assert old in DEMO, f"the example has changed: {old}"

    def typed(folder: Path, text: str) -> list[str]:
        (folder / "typed.toml").write_text(DEMO.replace(old, new.replace("HERE", text), 1), encoding="utf-8")
        return ["cite", str(folder / "typed.toml")]

    return Entry(name, unit, typed)


def event(name: str, unit: str, action: str) -> Entry:
    """A number of an event."""
    return in_file(name, unit, '[[event]]\nat = "day 70"\nprogram = "3 mg/day"', f'[[event]]\nat = "day 70"\n{action}')


def clause(name: str, unit: str, line: str, base: str = "2.4 mg/day\n") -> Entry:
    """A number of a program."""
    return in_file(name, unit, '"3 mg/day"', f'"""\n{base}{line}\n"""')


def in_table(name: str, unit: str, file: str, rows: str, *words: str) -> Entry:
    """A number of a CSV table or another file of its own, which the word ``FILE`` names."""

    def typed(folder: Path, text: str) -> list[str]:
        cell = f'"{text}"' if file.endswith("csv") and "," in text else text
        (folder / file).write_text(rows.replace("HERE", cell), encoding="utf-8")
        return [str(folder / file) if word == "FILE" else word for word in words]

    return Entry(name, unit, typed)


FILE_ENTRIES = [
    in_file("[patient] height", "cm", '"172 cm"', '"HERE"'),
    in_file("[patient] weight", "kg", '"78 kg"', '"HERE"'),
    in_file("[patient] oral_opioid", "mg/day", '"240 mg/day"', '"HERE"'),
    in_file("[patient] age", "", "age = 58", "age = HERE"),
    in_file("[patient] pain", "", "pain = 7.6", "pain = HERE"),
    in_file("[patient] egfr", "", "age = 58", "egfr = HERE"),
    in_file("[pump] drive_error", "%", '"+01:00"', '"+01:00"\ndrive_error = "HERE"'),
    in_file("[catheter] removed", "cm", '"31 cm"', '"HERE"'),
    in_file("[[drug]] concentration", "mg/mL", '"10 mg/mL"', '"HERE"'),
    in_file("[fill] volume", "mL", 'volume = "20 mL"', 'volume = "HERE"'),
    in_file("[fill] low_reservoir_alarm", "mL", '"2 mL"', '"HERE"'),
    in_file("[fill] lead", "days", '"2 mL"', '"2 mL"\nlead = "HERE"'),
    in_file("[fill] reservoir_now", "mL", '"2 mL"', '"2 mL"\nnow = 2026-03-10T10:00:00\nreservoir_now = "HERE"'),
    in_file("[simulation] days", "", "days = 90", "days = HERE"),
    in_file("[simulation] seed", "", "seed = 7", "seed = HERE"),
    in_file("[simulation] presses", "", '"when pain > 5"', '"when pain > HERE"'),
    in_file("[simulation] presses per day", "", '"when pain > 5"', '"HERE per day"'),
    in_file("[[event]] at", "", '"day 60 14:00"', '"day HERE 14:00"'),
    event("refill volume", "mL", 'refill = { volume = "HERE" }'),
    event("refill drugs", "mg/mL", 'refill = { volume = "20 mL", drugs = { morphine = "HERE" } }'),
    event("refill actual", "mg/mL", 'refill = { volume = "20 mL", actual = { morphine = "HERE" } }'),
    event("refill removed", "mL", 'refill = { volume = "20 mL", removed = "HERE" }'),
    event(
        "refill bridge volume", "mL", 'refill = { volume = "20 mL", bridge = { volume = "HERE", rate = "1 mL/day" } }'
    ),
    event("refill bridge rate", "mL/day", 'refill = { volume = "20 mL", bridge = { volume = "1 mL", rate = "HERE" } }'),
    event("prime volume", "mL", 'prime = { volume = "HERE", over = "15 min" }'),
    event("prime over", "min", 'prime = { volume = "0.3 mL", over = "HERE" }'),
    event("dose amount", "mg", 'dose = { drug = "morphine", amount = "HERE", route = "oral" }'),
    event("dose over", "min", 'dose = { drug = "morphine", amount = "1 mg", route = "epidural", over = "HERE" }'),
    event("dose volume", "mL", 'dose = { drug = "morphine", amount = "1 mg", route = "epidural", volume = "HERE" }'),
    event("oral_opioid", "mg/day", 'oral_opioid = "HERE"'),
    event("mri", "min", 'mri = "HERE"'),
    event("aspirate volume", "mL", 'aspirate = { volume = "HERE", from = "reservoir" }'),
    event("revise removed", "cm", 'revise = { removed = "HERE" }'),
    event("replace-pump volume", "mL", 'replace-pump = { model = "synchromed-iii-20", volume = "HERE" }'),
    event("fault fraction", "", 'fault = { kind = "occlusion", fraction = HERE }'),
    event("fault fraction in percent", "%", 'fault = { kind = "occlusion", fraction = "HERE" }'),
    event("fault factor", "", 'fault = { kind = "over-infusion", factor = HERE }'),
    event("fault volume", "mL", 'fault = { kind = "pocket-fill", volume = "HERE" }'),
    event("fault for", "h", 'fault = { kind = "flow-stop", for = "HERE" }'),
]
PROGRAM_ENTRIES = [
    clause("base", "mg/day", "HERE", base=""),
    clause("window", "mg/h", "22:00-06:00 HERE"),
    clause("bolus amount", "mg", "bolus HERE over 10 min at 07:00"),
    clause("bolus over", "min", "bolus 0.2 mg over HERE at 07:00"),
    clause("bolus every", "h", "bolus 0.2 mg over 10 min every HERE from 07:00"),
    clause("on demand amount", "mg", "on demand HERE over 4 min, lockout 3 h, max 4 per day"),
    clause("on demand over", "min", "on demand 0.1 mg over HERE, lockout 3 h, max 4 per day"),
    clause("on demand lockout", "h", "on demand 0.1 mg over 4 min, lockout HERE, max 4 per day"),
    clause("on demand max", "", "on demand 0.1 mg over 4 min, lockout 3 h, max HERE per day"),
    clause("ramp target", "mg/day", "ramp to HERE by 10 % every 3 days"),
    clause("ramp step", "%", "ramp to 4 mg/day by HERE every 3 days"),
    clause("ramp every", "days", "ramp to 4 mg/day by 10 % every HERE"),
    clause("limit amount", "mg", "limit HERE per 24 h"),
    clause("limit per", "h", "limit 4 mg per HERE"),
]
FILE, WORLD = str(EXAMPLES / "failed-back.toml"), "127.0.0.1:9"
LISTEN = ("world", "--listen", "127.0.0.1:0", "--model", "synchromed-ii-20", "--journal", "nowhere")
FIRST = (
    *(
        "first-program",
        str(EXAMPLES / "epidural-trial.toml"),
        str(EXAMPLES / "trial-diary.csv"),
        "--pump",
        "prometra-ii-20",
    ),
    *("--catheter", "prometra-110", "--at", "2026-03-16T11:30", "--out", "nowhere.toml"),
)
COMPOUND = ("compound", FILE, "--daily", "bupivacaine=3 mg/day")
OPTION_ENTRIES = [
    option("simulate --days", "", "simulate", FILE, "--days", "HERE"),
    option("simulate --every", "min", "simulate", FILE, "--every", "HERE"),
    option("review --event", "", "review", FILE, "--event", "HERE"),
    option("refilled --event", "", "refilled", WORLD, FILE, "--key", FILE, "--event", "HERE"),
    option("bridge --rate", "mL/day", "bridge", FILE, "--running", FILE, "--rate", "HERE"),
    option("bridge --dose", "mg/day", "bridge", FILE, "--running", FILE, "--dose", "HERE"),
    option("flow-accuracy --rate", "mL/day", "flow-accuracy", "--model", "synchromed-ii-20", "--rate", "HERE"),
    option(
        "flow-accuracy --drive-error",
        "%",
        *("flow-accuracy", "--model", "synchromed-ii-20", "--rate", "1 mL/day", "--drive-error", "HERE"),
    ),
    option(
        "equivalence --set",
        "L/min",
        "equivalence",
        "morphine",
        "--set",
        "HERE",
        form="drug.morphine.plasma.clearance={}",
    ),
    option(
        "equivalence --set of a part",
        "",
        "equivalence",
        "morphine",
        "--set",
        "HERE",
        form="drug.morphine.oral.bioavailability={}",
    ),
    option("torture --pump-years", "", "torture", "--pump-years", "HERE"),
    option("torture --seed", "", "torture", "--seed", "HERE"),
    option("pump --speed", "", "pump", "--listen", WORLD, "--memory", "nowhere", "--model", "x", "--speed", "HERE"),
    option("world --speed", "", *LISTEN, "--speed", "HERE"),
    option("world --drive-error", "%", *LISTEN, "--drive-error", "HERE"),
    option("world inject", "mL", "world", WORLD, "inject", "HERE", "--drug", "morphine=10 mg/mL"),
    option("world inject --drug", "mg/mL", "world", WORLD, "inject", "5 mL", "--drug", "HERE", form="morphine={}"),
    option("world aspirate", "mL", "world", WORLD, "aspirate", "HERE"),
    option("world mri", "min", "world", WORLD, "mri", "HERE"),
    option("world fault slipping", "%", "world", WORLD, "fault", "slipping", "HERE"),
    option("world fault valve-leak", "mL/day", "world", WORLD, "fault", "valve-leak", "HERE"),
    option("world fault over-infusion", "", "world", WORLD, "fault", "over-infusion", "HERE"),
    option("world fault --lasts", "h", "world", WORLD, "fault", "slipping", "30 %", "--lasts", "HERE"),
    option("first-program --fill", "mL", *FIRST, "--fill", "HERE"),
    option("first-program --removed", "cm", *FIRST, "--removed", "HERE"),
    option("first-program --daily", "mg/day", *FIRST, "--daily", "HERE", form="morphine={}"),
    option("first-program --concentration", "mg/mL", *FIRST, "--concentration", "HERE", form="morphine={}"),
    option("prime --over", "min", "prime", FILE, "--over", "HERE"),
    option("refill --measured", "mL", "refill", FILE, "--measured", "HERE"),
    option("refill --delivered", "mL", "refill", FILE, "--measured", "8 mL", "--delivered", "HERE"),
    option("refill --inside", "mL", "refill", FILE, "--measured", "8 mL", "--inside", "HERE"),
    option("refill --injected", "mL", "refill", FILE, "--measured", "8 mL", "--inside", "18 mL", "--injected", "HERE"),
    option(
        "compound --daily",
        "mg/day",
        *COMPOUND,
        "--daily",
        "HERE",
        *("--volume", "20 mL", "--flow", "0.4 mL/day"),
        form="morphine={}",
    ),
    option("compound --volume", "mL", *COMPOUND, "--flow", "0.4 mL/day", "--volume", "HERE"),
    option("compound --flow", "mL/day", *COMPOUND, "--volume", "20 mL", "--flow", "HERE"),
    option(
        "compound --stock",
        "mg/mL",
        *COMPOUND,
        "--volume",
        "20 mL",
        "--flow",
        "0.4 mL/day",
        "--stock",
        "HERE",
        form="morphine={}",
    ),
]
DIARY = "time,phase,nrs,rescue_mme,function,dose\n2026-02-13 08:00,baseline,8,0,,\n2026-02-14 08:00,trial,{},{},{},{}\n"
VALUE = '[physiology]\nstroke_volume = {{ value = {}, unit = "mL", source = ["chosen"], note = "x", {} }}\n'
TABLE_ENTRIES = [
    in_table("diary nrs", "", "diary.csv", DIARY.format("HERE", "0", "", ""), "trial", "FILE"),
    in_table("diary rescue_mme", "", "diary.csv", DIARY.format("3", "HERE", "", ""), "trial", "FILE"),
    in_table("diary function", "", "diary.csv", DIARY.format("3", "0", "HERE", ""), "trial", "FILE"),
    in_table("diary dose", "mg/day", "diary.csv", DIARY.format("3", "0", "", "HERE"), "trial", "FILE"),
    in_table(
        "refills measured_mL",
        "",
        "refills.csv",
        "time,filled_mL,expected_mL,measured_mL\n2026-04-01 09:00,20,8,HERE\n",
        *("refill", FILE, "--measured", "8 mL", "--earlier", "FILE"),
    ),
    in_table(
        "catalogue value", "", "own.toml", VALUE.format("HERE", "verified = false"), "cite", "--catalogue", "FILE"
    ),
    in_table(
        "catalogue spread", "", "own.toml", VALUE.format("77", "spread = { cv = HERE }"), "cite", "--catalogue", "FILE"
    ),
]
ENTRIES = [*FILE_ENTRIES, *PROGRAM_ENTRIES, *OPTION_ENTRIES, *TABLE_ENTRIES]
#: An empty cell of a diary is an answer that is missing, and an empty number in a text is a text of another kind.
MAY_BE_EMPTY = {"diary nrs", "diary rescue_mme", "diary function", "diary dose"}
#: In the catalogue a physical constant may have a small power of ten.
MAY_HAVE_POWERS = {"catalogue value", "catalogue spread"}


def refusal(entry: Entry, text: str, folder: Path, run: Run) -> str:
    """What is said of ``text`` at ``entry``; it must be one message and exit code 2."""
    code, out, err = run(entry.typed(folder, text))
    assert code == 2, f"{text!r} was taken: {out[:200]}{err[:200]}"
    assert out == ""
    assert err.startswith("intrathecal: ")
    assert err.count("\n") == 1
    return err


Run = Callable[[list[str]], tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """The command line in this process."""
    monkeypatch.chdir(tmp_path)

    def call(words: list[str]) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["intrathecal", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), said.out, said.err

    return call


REMEDY = re.compile(r"\b(write|give|did you mean|known are|name|say|use|leave|correct|type)\b")


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_the_same_slips_are_refused_everywhere(entry: Entry, tmp_path: Path, run: Run) -> None:
    """One message, which says what would be right; nothing is guessed, nothing cut off."""
    for slip in SLIPS:
        if (slip == "" and entry.name in MAY_BE_EMPTY) or (slip == "1E-3" and entry.name in MAY_HAVE_POWERS):
            continue
        said = refusal(entry, f"{slip} {entry.unit}".strip(), tmp_path, run)
        assert REMEDY.search(said), said
        assert len(said) < 700


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.unit], ids=str)
def test_the_same_wrong_units_are_refused_everywhere(entry: Entry, tmp_path: Path, run: Run) -> None:
    """A unit of another thing, a slip in it, or none."""
    for wrong in WRONG_UNITS:
        said = refusal(entry, wrong, tmp_path, run)
        assert REMEDY.search(said), said


SPELLINGS = ("5 mcg", "5mcg", "5 MCG", "5 ug", "5 UG", "5 \N{MICRO SIGN}g", "5 \N{GREEK SMALL LETTER MU}g", "5.0 Mcg")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_microgram_may_be_spelt_in_any_way_and_is_mcg_ever_after(spelling: str, tmp_path: Path) -> None:
    """In the file, the program, an option and a diary."""
    entry = event("dose", "", 'dose = { drug = "morphine", amount = "HERE", route = "oral" }')
    dose = load_therapy(entry.typed(tmp_path, spelling)[1]).events[2].action
    assert isinstance(dose, Dose)
    assert str(dose.amount) == "5 mcg"
    assert str(Program.parse(f"{spelling}/day")).strip() == "5 mcg/day"
    assert str(typed.positive("--dose", f"{spelling}/day", "mass rate")) == "5 mcg/day"
    assert str(cells.dose(spelling)) == "5 mcg"


@pytest.mark.parametrize("spelling", ["5 mg", "5 Mg", "5MG", "5.00 mG"])
def test_capitals_make_no_megagram_of_a_milligram(spelling: str) -> None:
    """Nor is there a unit of a million grams to be had."""
    assert str(parse_quantity(spelling, "mass")) == "5 mg"


def test_every_entry_stands_on_the_page() -> None:
    """docs/number-entry.md names each place once, with the rules that hold there."""
    named = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(named) == sorted(entry.name for entry in ENTRIES)


def test_the_page_is_reachable() -> None:
    """From the README, and from the page about the file."""
    for page in (ROOT / "README.md", ROOT / "docs" / "therapy-file.md"):
        assert "number-entry.md" in page.read_text(encoding="utf-8")
