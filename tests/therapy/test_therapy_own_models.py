"""Pumps, catheters and catalogue files of a therapy's own."""

from pathlib import Path

import pytest
from tests.therapy.support import EXAMPLE, parse

from intrathecal.therapy import (
    TherapyError,
    load_therapy,
)

CUSTOM = """
title = "Mine"
maker = "Me"
kind = "programmable"
mri = "unaffected"
senses_stall = true
alarms = true
reservoir_volume = { value = 25, unit = "mL", source = ["chosen"], note = "mine" }
step_volume = { value = 1, unit = "nL", source = ["chosen"], note = "mine" }
actuation_duration = { value = 1, unit = "ms", source = ["chosen"], note = "mine" }
tubing_volume = { value = 0, unit = "mL", source = ["chosen"], note = "mine" }
slowest_flow = { value = 0.01, unit = "mL/day", source = ["chosen"], note = "mine" }
fastest_flow = { value = 24, unit = "mL/day", source = ["chosen"], note = "mine" }
accuracy = { value = 5, unit = "%", source = ["chosen"], note = "mine" }
"""


@pytest.mark.parametrize(("model", "table"), [("custom", ""), ("my-pump", 'name = "my-pump"')])
def test_a_pump_described_in_the_file(model: str, table: str) -> None:
    """An inline pump is called by its key or by its own name, and can hold what it says."""
    text = EXAMPLE.replace("synchromed-ii-20", model).replace('volume = "20 mL"\nat', 'volume = "25 mL"\nat')
    therapy = parse(text.replace("[catheter]", f"[pump.custom]\n{table}{CUSTOM}\n[catheter]"))
    assert therapy.pump

    assert therapy.pump.entry.title == "Mine"
    assert therapy.catalogue.pumps[model] == therapy.pump.entry


def test_a_catheter_described_in_the_file() -> None:
    """An inline catheter has the segments that it says."""
    table = """[catheter.custom]
title = "Mine"
space = "intrathecal"
inner_diameter = { value = 0.53, unit = "mm", source = ["chosen"], note = "mine" }
[[catheter.custom.segments]]
name = "whole"
length = { value = 80, unit = "cm", source = ["chosen"], note = "mine" }
volume_per_length = { value = 0.0022, unit = "mL/cm", source = ["chosen"], note = "mine" }
"""
    text = EXAMPLE.replace("ascenda-8781", "custom").replace("[[drug]]", f"{table}[[drug]]", 1)
    catheter = parse(text).catheter
    assert catheter

    assert catheter.entry.name == "custom"
    assert sum(catheter.removed_cm) == 31
    assert catheter.entry.length_cm == 80
    with pytest.raises(TherapyError, match=r"^therapy\.toml, line 26: custom\.segments\.whole\.length"):
        parse(text.replace("value = 80", "value = -80"))


def test_a_mistake_in_a_pump_described_in_the_file() -> None:
    """What is wrong with an inline pump is said with its own line."""
    text = EXAMPLE.replace("synchromed-ii-20", "custom").replace("[catheter]", f"[pump.custom]{CUSTOM}\n[catheter]")

    with pytest.raises(TherapyError, match=r"^therapy\.toml, line 24: custom\.reservoir_volume"):
        parse(text.replace('value = 25, unit = "mL"', 'value = 25, unit = "cm"'))
    with pytest.raises(TherapyError, match=r'^therapy\.toml, line 17: custom: the catalogue has "external" already'):
        parse(text.replace("[pump.custom]", '[pump.custom]\nname = "external"').replace('"custom"', '"external"'))


def test_catalogue_files_are_found_beside_the_therapy_file(tmp_path: Path) -> None:
    """Files named in [catalogue] are relative to the therapy file; those given apart come after them."""
    (tmp_path / "own.toml").write_text(f"[pump.mine]{CUSTOM}", encoding="utf-8")
    (tmp_path / "later.toml").write_text(f"[pump.mine]{CUSTOM.replace('Mine', 'Later')}", encoding="utf-8")
    file = tmp_path / "therapy.toml"
    file.write_text(
        EXAMPLE.replace("synchromed-ii-20", "mine") + '\n[catalogue]\nfiles = ["own.toml"]\n', encoding="utf-8"
    )
    own, later = load_therapy(file).pump, load_therapy(file, [tmp_path / "later.toml"]).pump
    assert own
    assert later

    assert (own.entry.title, later.entry.title) == ("Mine", "Later")
