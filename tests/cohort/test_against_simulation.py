"""The doses of a comparison, given by a simulated pump for weeks."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulation.support import therapy_text

from intrathecal.catalogue import load_catalogue
from intrathecal.cohort.equivalence import equal_doses
from intrathecal.cohort.subject import subject
from intrathecal.simulation.api import simulate
from intrathecal.therapy import parse_therapy

#: A patient who never becomes tolerant.
UNCHANGING = "[relief.tolerance]\n" + "\n".join(
    f'{name} = {{ value = 0, unit = "dimensionless", source = ["chosen"], note = "for this test" }}'
    for name in ("fast_max", "spinal_slow_max", "supraspinal_slow_max")
)


@pytest.mark.parametrize(("drug", "concentration"), [("morphine", "0.5 mg/mL"), ("ziconotide", "10 mcg/mL")])
def test_the_intrathecal_dose_halves_the_pain_of_a_simulated_patient(
    tmp_path: Path, drug: str, concentration: str
) -> None:
    """Pump, catheter, spine, body and relief together, at rest after two weeks: half of the ceiling."""
    own = tmp_path / "own.toml"
    own.write_text(UNCHANGING)
    catalogue = load_catalogue([own])
    dose = equal_doses(subject(catalogue, drug), "effect", "naive")["intrathecal"] * 86400
    text = therapy_text(program=f"{dose:.5f} mcg/day", concentration=concentration, days="14").replace("morphine", drug)
    text = text.replace("172 cm", "175 cm").replace("78 kg", "70 kg")
    run = simulate(parse_therapy(f'[catalogue]\nfiles = ["{own}"]\n{text}', "test.toml", tmp_path), every_ms=3_600_000)

    half = 0.5 * catalogue.drugs[drug].response.ceiling.canonical
    assert float(run.data["relief_fraction"][-1]) == pytest.approx(half, rel=2e-3)
