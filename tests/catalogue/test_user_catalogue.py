"""A user's catalogue files: new entries, single values, and every way to get them wrong."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from intrathecal.catalogue import CatalogueError, load_catalogue, parse_catheter, parse_pump, values_of

SOURCE = '[reference.audit2025]\ntitle = "Bench audit of our pumps"\nauthor = "Our clinic"\nyear = 2025\n'
STROKE = 'stroke_volume = { value = 1.2, unit = "mL", source = ["audit2025"], verified = true }\n'


def chosen(value: float, unit: str) -> dict[str, Any]:
    """A value as TOML gives it."""
    return {"value": value, "unit": unit, "source": ["chosen"], "note": "for this test"}


def pump_table() -> dict[str, Any]:
    """A pump that can be."""
    return {
        "title": "Bench pump",
        "maker": "Our workshop",
        "kind": "programmable",
        "mri": "unaffected",
        "senses_stall": True,
        "alarms": True,
        "reservoir_volume": chosen(30, "mL"),
        "step_volume": chosen(0.5, "uL"),
        "actuation_duration": chosen(0.5, "s"),
        "tubing_volume": chosen(0, "mL"),
        "slowest_flow": chosen(0.1, "mL/day"),
        "fastest_flow": chosen(10, "mL/day"),
        "accuracy": chosen(10, "%"),
    }


def catheter_table() -> dict[str, Any]:
    """A catheter that can be."""
    return {
        "title": "Bench catheter",
        "space": "intrathecal",
        "inner_diameter": chosen(0.5, "mm"),
        "segments": [
            {"name": "pump", "length": chosen(50, "cm"), "volume_per_length": chosen(0.00196, "mL/cm")},
            {"name": "spinal", "length": chosen(30, "cm"), "volume_per_length": chosen(0.00196, "mL/cm")},
        ],
    }


def write(path: Path, text: str) -> Path:
    """Write ``text`` to ``path`` and return it."""
    path.write_text(text, encoding="utf-8")
    return path


def test_a_single_value_replaces_the_built_in_one(tmp_path: Path) -> None:
    """One field changes, with its own source; the rest and the built-in catalogue stay."""
    mine = load_catalogue([write(tmp_path / "mine.toml", SOURCE + "[physiology]\n" + STROKE)])
    assert mine.physiology.stroke_volume.number == Decimal("1.2")
    assert mine.physiology.stroke_volume.source == ("audit2025",)
    assert mine.physiology.stroke_volume.spread is None
    assert mine.physiology.heart_rate == load_catalogue().physiology.heart_rate
    assert load_catalogue().physiology.stroke_volume.number == Decimal("1.5")
    assert str(mine.references["audit2025"]) == "Our clinic (2025). Bench audit of our pumps."


def test_a_value_deep_in_a_drug_is_merged(tmp_path: Path) -> None:
    """A half-life of morphine changes, its other kinetics stay."""
    text = SOURCE + '[drug.morphine.csf]\nloss_half_life = { value = 2, unit = "h", source = ["audit2025"] }\n'
    mine, built_in = load_catalogue([write(tmp_path / "mine.toml", text)]), load_catalogue()
    assert mine.drugs["morphine"].csf.loss_half_life.canonical == 7200
    assert mine.drugs["morphine"].csf.cord_share == built_in.drugs["morphine"].csf.cord_share
    assert mine.drugs["morphine"].plasma == built_in.drugs["morphine"].plasma
    assert mine.drugs["fentanyl"] is built_in.drugs["fentanyl"]


def test_later_files_lie_over_earlier_ones(tmp_path: Path) -> None:
    """The second file wins, and may name a reference of the first."""
    first = write(tmp_path / "first.toml", SOURCE + "[physiology]\n" + STROKE)
    second = write(tmp_path / "second.toml", "[physiology]\n" + STROKE.replace("1.2", "1.3"))
    assert load_catalogue([first, second]).physiology.stroke_volume.number == Decimal("1.3")
    with pytest.raises(CatalogueError, match="audit2025"):
        load_catalogue([second, first])


def test_a_new_entry_is_given_whole(tmp_path: Path) -> None:
    """A catheter of the user's own stands beside the built-in ones; a gap in it is named."""
    text = (
        '[catheter.mine]\ntitle = "Mine"\nspace = "epidural"\n'
        'inner_diameter = { value = 0.5, unit = "mm", source = ["chosen"], note = "measured" }\n'
        '[[catheter.mine.segments]]\nname = "whole"\n'
        'length = { value = 80, unit = "cm", source = ["chosen"], note = "measured" }\n'
        'volume_per_length = { value = 0.00196, unit = "mL/cm", source = ["chosen"], note = "from the bore" }\n'
    )
    mine = load_catalogue([write(tmp_path / "mine.toml", text)])
    assert mine.catheters["mine"].length_cm == 80
    assert len(mine.catheters) == len(load_catalogue().catheters) + 1
    with pytest.raises(CatalogueError, match=r"mine\.toml, catheter\.mine: space is missing"):
        load_catalogue([write(tmp_path / "mine.toml", text.replace('space = "epidural"\n', ""))])


def test_numbers_stay_as_typed(tmp_path: Path) -> None:
    """0.1 is a tenth, not the nearest binary fraction; a byte-order mark does no harm."""
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (SOURCE + "[physiology]\n" + STROKE.replace("1.2", "1.1")).encode())
    assert load_catalogue([path]).physiology.stroke_volume.exact == Fraction(11, 10)


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    """No tables, no change."""
    assert load_catalogue([write(tmp_path / "mine.toml", "# nothing yet\n")]) == load_catalogue()


@pytest.mark.parametrize(
    ("text", "place", "parts"),
    [
        ("[physiolgy]\n" + STROKE, "physiolgy", ["did you mean physiology"]),
        ("physiology = 3\n", "physiology", ["it is not a table", "write [physiology]"]),
        ("[[drug]]\n", "drug", ["it is not a table", "[drug.NAME]"]),
        ("drug.morphine = 3\n", "drug.morphine", ["it is 3, not a table"]),
        ("[physiology]\nstroke_vol = 3\n", "physiology", ['"stroke_vol"', "did you mean stroke_volume"]),
        ("[drug.morphin]\nopioid = true\n", "drug.morphin", ["is missing", "did you mean morphine?"]),
        ("[drug.new]\nopioid = true\n", "drug.new", ["title is missing; it has no default: give it"]),
        ("[drug.morphine]\nopioid = 1\n", "drug.morphine.opioid", ["it is 1", "write true or false"]),
        ('[drug.morphine]\neffect = "sleep"\n', "drug.morphine.effect", ['"pain" or "spasticity"']),
        ('[drug.morphine]\ntitle = ""\n', "drug.morphine.title", ["an empty text"]),
        ('[drug.morphine]\ntitle = "a\\nb"\n', "drug.morphine.title", ["control character"]),
        ("[pump.external]\nsteps_per_stroke = 1\n", "pump.external", ['"steps_per_stroke"']),
        ('[catheter.prometra-110]\nsegments = "one"\n', "catheter.prometra-110.segments", ["not a list"]),
        ("[catheter.prometra-110]\nsegments = []\n", "catheter.prometra-110.segments", ["there is none"]),
        ('[drug."two words"]\n', "drug.two words", ["cannot be the name"]),
        ('[drug.""]\n', "drug.", ["cannot be the name"]),
        ("[anatomy]\nlevels = []\n", "anatomy.levels", ["C1 is missing", "26 levels"]),
        ("[reference.audit]\ntitle = 'x'\n", "reference.audit", ["author is missing"]),
        ("[reference.Audit]\ntitle = 'x'\n", "reference.Audit", ["cannot be the key"]),
        ("[reference.chosen]\ntitle = 'x'\n", "reference.chosen", ["cannot be the key"]),
        ("reference.a = 3\n", "reference.a", ["not a table"]),
    ],
)
def test_wrong_tables_and_fields(tmp_path: Path, text: str, place: str, parts: list[str]) -> None:
    """The message names the file and the field, says what is wrong, and what would be right."""
    with pytest.raises(CatalogueError) as caught:
        load_catalogue([write(tmp_path / "mine.toml", text)])
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'mine.toml'}, {place}: ")
    for part in parts:
        assert part in message
    assert "\n" not in message


@pytest.mark.requirement("PCA-EC19")
@pytest.mark.parametrize(
    ("value", "place", "parts"),
    [
        ("1.2", "", ["it is 1.2, not a value with a source", "value = 20"]),
        ('"1.2 mL"', "", ["not a value with a source", '{ value = 1.2, unit = "mL", source = ["KEY"] }']),
        ('{ unit = "mL", source = ["audit2025"] }', "", ["value is missing"]),
        ('{ value = 1, source = ["audit2025"] }', "", ["unit is missing"]),
        ('{ value = 1, unit = "mL" }', "", ["source is missing"]),
        ('{ value = 1, unit = "mL", sources = ["audit2025"] }', "", ['"sources"', "did you mean source"]),
        ('{ value = 1, unit = "mg", source = ["audit2025"] }', ".unit", ['"mg" is not a unit of volume', '"20 mL"']),
        ('{ value = 1, unit = "cups of tea", source = ["audit2025"] }', ".unit", ["is not a unit of volume"]),
        ('{ value = 1, unit = 3, source = ["audit2025"] }', ".unit", ["it is 3"]),
        ('{ value = -1, unit = "mL", source = ["audit2025"] }', ".value", ["-1 mL is negative"]),
        ('{ value = 0, unit = "mL", source = ["audit2025"] }', ".value", ["0 mL is zero"]),
        ('{ value = nan, unit = "mL", source = ["audit2025"] }', ".value", ["finite"]),
        ('{ value = inf, unit = "mL", source = ["audit2025"] }', ".value", ["finite"]),
        ("{ value = " + "9" * 31 + ', unit = "mL", source = ["audit2025"] }', ".value", ["more than 30 digits"]),
        ('{ value = true, unit = "mL", source = ["audit2025"] }', ".value", ["it is true"]),
        ('{ value = "1", unit = "mL", source = ["audit2025"] }', ".value", ["without quotes"]),
        ('{ value = 1, unit = "mL", source = "audit2025" }', ".source", ["a list of reference keys"]),
        ('{ value = 1, unit = "mL", source = [] }', ".source", ["an empty list"]),
        (
            '{ value = 1, unit = "mL", source = ["audit2024"] }',
            ".source",
            ["did you mean audit2025", "[reference.KEY]"],
        ),
        ('{ value = 1, unit = "mL", source = ["chosen", "audit2025"] }', ".source", ["stands beside a reference"]),
        ('{ value = 1, unit = "mL", source = ["chosen"] }', ".note", ["say why this number"]),
        ('{ value = 1, unit = "mL", source = ["chosen"], note = " " }', ".note", ["empty"]),
        ('{ value = 1, unit = "mL", source = ["chosen"], note = "so", verified = true }', ".verified", ["cannot be"]),
        ('{ value = 1, unit = "mL", source = ["audit2025"], verified = "yes" }', ".verified", ["true or false"]),
        ('{ value = 1, unit = "mL", source = ["audit2025"], note = 3 }', ".note", ["it is 3"]),
        ('{ value = 1, unit = "mL", source = ["audit2025"], spread = 2 }', ".spread", ["write one of"]),
        ('{ value = 1, unit = "mL", source = ["audit2025"], spread = { sdd = 2 } }', ".spread", ["did you mean sd"]),
        (
            '{ value = 1, unit = "mL", source = ["audit2025"], spread = { range = [2, 1] } }',
            ".spread.range",
            ["[low, high]"],
        ),
        ('{ value = 1, unit = "mL", source = ["audit2025"], spread = { cv = -1 } }', ".spread.cv", ["none negative"]),
        (
            '{ value = 1, unit = "mL", source = ["audit2025"], spread = { factor = 0.5 } }',
            ".spread.factor",
            ["below 1"],
        ),
    ],
)
def test_wrong_values(tmp_path: Path, value: str, place: str, parts: list[str]) -> None:
    """Each slip inside a value has its own message at its own place."""
    path = write(tmp_path / "mine.toml", f"{SOURCE}[physiology]\nstroke_volume = {value}\n")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue([path])
    message = str(caught.value)
    assert message.startswith(f"{path}, physiology.stroke_volume{place}: ")
    for part in parts:
        assert part in message


@pytest.mark.parametrize("number", ["1e999999999", "0x" + "f" * 4000, "+1", "1_000", "1e3", "9" * 400])
def test_a_number_that_nobody_writes_so_is_refused_with_its_line(tmp_path: Path, number: str) -> None:
    """TOML would read it; whoever looks over the file may not. A small constant may have its power of ten."""
    value = '{ value = %s, unit = "mL", source = ["audit2025"] }'
    path = write(tmp_path / "mine.toml", f"{SOURCE}[physiology]\nstroke_volume = {value % number}\n")
    with pytest.raises(CatalogueError, match=r"mine\.toml, line 6: .*; write "):
        load_catalogue([path])
    write(path, f"{SOURCE}[physiology]\nstroke_volume = {value % '7.5e-1'}\n")
    assert load_catalogue([path]).physiology.stroke_volume.canonical == 0.75


@pytest.mark.parametrize("share", ['{ value = 1.01, unit = "dimensionless"', '{ value = 101, unit = "%"'])
def test_probabilities_end_at_one(tmp_path: Path, share: str) -> None:
    """A part of a whole is at most the whole, however it is written."""
    text = f'{SOURCE}[drug.morphine.csf]\ncord_share = {share}, source = ["audit2025"] }}\n'
    with pytest.raises(CatalogueError, match=r"cord_share\.value: .* is more than 1; it is a part of a whole"):
        load_catalogue([write(tmp_path / "mine.toml", text)])


@pytest.mark.requirement("PCA-EC19")
@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"[physiology\n", "it is not TOML: .*line 1"),
        (b"[a]\nx = 1\nx = 2\n", "it is not TOML: .*line 3"),
        (b"x = " + b"9" * 5000 + b"\n", "it is not TOML"),
        (b"x = " + b"[" * 20000 + b"\n", "nested too deeply|not TOML"),
        (b"# caf\xe9\n", "byte 6 is not UTF-8"),
        (b"#" * 2_000_001, "larger than 2000000 bytes"),
    ],
)
def test_unreadable_content(tmp_path: Path, content: bytes, part: str) -> None:
    """What is no TOML text gets one message that names the file."""
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match=part) as caught:
        load_catalogue([path])
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.requirement("PCA-EC19")
@pytest.mark.parametrize("name", ["missing.toml", ".", "nul\0.toml"])
def test_unreadable_files(tmp_path: Path, name: str) -> None:
    """A missing file and a directory are said, not raised."""
    with pytest.raises(CatalogueError, match="the file cannot be read"):
        load_catalogue([tmp_path / name])


def test_inline_pump_is_read_like_a_file() -> None:
    """A table of a therapy file gives a pump, with its numbers exact."""
    pump = parse_pump("custom", pump_table())
    assert pump.name == "custom"
    assert str(pump.step_volume) == "0.5 uL"
    assert "custom" in load_catalogue().with_pump(pump).pumps
    assert all(not value.verified for _, value in values_of(pump))


@pytest.mark.parametrize(
    ("change", "place", "part"),
    [
        ({"step_volume": chosen(0.0000001, "uL")}, "step_volume", "not a whole number of picolitres"),
        ({"step_volume": chosen(40, "mL")}, "step_volume", "more than the reservoir holds"),
        ({"slowest_flow": chosen(20, "mL/day")}, "slowest_flow", "is faster than fastest_flow"),
        ({"minimum_rate": chosen(20, "mL/day")}, "minimum_rate", "is faster than fastest_flow"),
        ({"actuation_duration": chosen(1, "min")}, "actuation_duration", "follow each other"),
        ({"kind": "fixed-rate"}, "fixed_flow", "a fixed-rate pump has no fixed flow"),
        ({"fixed_flow": chosen(1, "mL/day")}, "fixed_flow", "a programmable pump has a fixed flow"),
        ({"kind": "fixed-rate", "fixed_flow": chosen(11, "mL/day")}, "fixed_flow", "is not between"),
        ({"battery_full_flow_life": chosen(5, "year")}, "battery_full_flow_life", "only mean something together"),
        (
            {"battery_full_flow_life": chosen(5, "year"), "battery_reference_flow": chosen(1, "mL/day")},
            "battery_full_flow_life",
            "longer than service_life (not given)",
        ),
        ({"accuracy": chosen(200, "%")}, "accuracy.value", "is more than 1"),
        ({"volts": 3}, "", '"volts" is not one of its fields'),
        ({"name": "other"}, "", '"name" is not one of its fields'),
        ({"mri": "explodes"}, "mri", "is not one of its values"),
    ],
)
def test_pumps_that_cannot_be(change: dict[str, Any], place: str, part: str) -> None:
    """Figures that contradict each other are refused at the field that is wrong."""
    with pytest.raises(CatalogueError) as caught:
        parse_pump("custom", pump_table() | change, file="therapy.toml")
    assert str(caught.value).startswith(f"therapy.toml, pump.custom{'.' if place else ''}{place}: ")
    assert part in str(caught.value)


def test_inline_catheter_is_read_like_a_file() -> None:
    """A table of a therapy file gives a catheter."""
    catheter = parse_catheter("custom", catheter_table())
    assert catheter.length_cm == 80


def test_catheters_that_cannot_be() -> None:
    """A bore that does not fit the volume, and segments of one name, are refused."""
    with pytest.raises(CatalogueError, match=r"segments\.pump\.volume_per_length: .*does not fit a bore of 0\.53 mm"):
        parse_catheter("custom", catheter_table() | {"inner_diameter": chosen(0.53, "mm")})
    twice = catheter_table()
    twice["segments"] = [twice["segments"][0]] * 2
    with pytest.raises(CatalogueError, match="two have the same name"):
        parse_catheter("custom", twice)


def test_contradictions_in_drugs_and_body(tmp_path: Path) -> None:
    """A compartment without its clearance, more absorption than production, a volume that is not the levels': refused."""
    value = '{ value = 9, unit = "%s", source = ["audit2025"] }'
    for text, part in (
        (f"[drug.hydromorphone.plasma]\nsecond_volume = {value % 'L'}\n", "plasma.second_clearance: it is missing"),
        (
            f"[physiology]\nspinal_absorption = {value % 'mL/min'}\n",
            "spinal_absorption: 9 mL/min is more than is produced",
        ),
        (
            f"[physiology]\ncranial_volume = {value.replace('9', '7') % 'mL'}\n",
            "cisterna_magna_volume: 7.5 mL is not less",
        ),
        (f"[anatomy]\ncsf_volume = {value % 'mL'}\n", "csf_volume: 9 mL is not what the levels hold (91.4 mL)"),
    ):
        with pytest.raises(CatalogueError) as caught:
            load_catalogue([write(tmp_path / "mine.toml", SOURCE + text)])
        assert part in str(caught.value)


def test_a_number_of_schedule_steps_is_a_whole_number() -> None:
    """Half a step of a schedule is refused, and 13 has its source like any other value."""
    half = {**pump_table(), "max_schedule_steps": chosen(12.5, "dimensionless")}
    with pytest.raises(CatalogueError, match="write a whole number from 1"):
        parse_pump("bench", half)

    steps = load_catalogue().pumps["synchromed-ii-20"].max_schedule_steps
    assert steps is not None
    assert steps.exact == 13
    assert not steps.verified
