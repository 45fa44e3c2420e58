"""Every peer on the same equations against an exact answer."""

from __future__ import annotations

from dataclasses import replace

import libsbml
import pytest
from bench.contenders import LINEAR, Contender
from bench.cvode import BAND, order
from bench.sbml import document
from bench.workloads import errors_between, mass_defect, w1
from tests.bench.decay import decay

PEERS = tuple(one for one in LINEAR if not one.own)
#: CVODE's banded form leaves what lies beyond the band out of its Jacobian, and its iterations then lose some mass.
MASS = {"CVODE banded": 1e-5}


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_agrees_with_the_exact_answer(peer: Contender) -> None:
    """Half a day of W1, twice with the same solver, and a system solved by hand: within 1e-4, with all drug accounted for."""
    for workload in (w1().part(0.5), decay(2)):
        run = peer.prepare(workload)
        for _ in range(2):
            solved = run(1e-6)
            assert errors_between(solved.outputs, workload.reference).max() < 1e-4
            assert mass_defect(workload, solved) < MASS.get(peer.name, 1e-6)


def test_the_order_keeps_w1_in_the_band() -> None:
    """Of all transfers of W1, only those with plasma or the cranium lie beyond the band."""
    workload = w1()
    chosen = order(workload.states)
    rows, columns = workload.generator[chosen][:, chosen].nonzero()
    beyond = abs(rows - columns) > BAND
    pairs = zip(rows[beyond], columns[beyond], strict=True)
    assert all({workload.states[chosen[place]] for place in pair} & {"plasma", "cranial"} for pair in pairs)


def test_sbml_is_valid_and_says_every_transfer() -> None:
    """LibSBML finds no error, and there is a reaction for each transfer of the hand-made system and one for the input."""
    read = libsbml.readSBMLFromString(document(decay()))
    read.checkConsistency()
    assert read.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    model = read.getModel()
    assert (model.getNumSpecies(), model.getNumReactions()) == (3, 3)


def test_sbml_refuses_a_system_that_loses_drug() -> None:
    """A system whose columns do not sum to zero cannot be said by transfers."""
    workload = decay()
    leaky = workload.generator.copy()
    leaky[2, 1] = 0.0
    with pytest.raises(ValueError, match="do not sum to zero"):
        document(replace(workload, generator=leaky))
