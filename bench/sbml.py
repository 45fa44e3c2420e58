"""A linear workload as SBML: a species for every state, a reaction for every transfer, the input as one parameter."""

from __future__ import annotations

import libsbml
import numpy as np

from bench.workloads import Workload

#: The identifier of the input, ug/s; it is changed between two calls of a simulator.
INPUT = "input_ug_per_s"
PLACE = "patient"
#: Columns of a closed system sum to this times their fastest rate, or less.
CLOSED = 1e-12


def species(state: int) -> str:
    """The identifier of a state."""
    return f"s{state}"


def document(workload: Workload) -> str:
    """SBML level 3 of ``workload``'s system, amounts in ug and time in s.

    Every column of the generator is the loss of one state; what it loses must arrive in others, so that reactions can
    say it. Raises `ValueError` for a system whose columns do not sum to zero.
    """
    generator = workload.generator.tocoo()
    lost = np.asarray(workload.generator.sum(axis=0)).ravel()
    if np.abs(lost).max() > CLOSED * np.abs(workload.generator.diagonal()).max():
        raise ValueError(f"{workload.name}: the columns of the generator do not sum to zero, so drug would vanish")
    written = libsbml.SBMLDocument(3, 1)
    model = written.createModel()
    model.setId("transport")
    place = model.createCompartment()
    place.setId(PLACE)
    place.setSize(1.0)
    place.setConstant(True)
    for state, amount in enumerate(workload.start):
        _add_species(model, state, float(amount))
    _add_parameter(model, INPUT, 0.0, constant=False)
    for row, column, rate in zip(generator.row, generator.col, generator.data, strict=True):
        if row != column:
            _add_parameter(model, f"k{row}_{column}", float(rate), constant=True)
            _add_reaction(model, f"r{row}_{column}", int(column), int(row), f"k{row}_{column} * {species(int(column))}")
    for entry in np.flatnonzero(workload.source).tolist():
        _add_parameter(model, f"share{entry}", float(workload.source[entry]), constant=True)
        _add_reaction(model, f"in{entry}", None, entry, f"share{entry} * {INPUT}")
    return str(libsbml.writeSBMLToString(written))


def _add_species(model: libsbml.Model, state: int, amount: float) -> None:
    added = model.createSpecies()
    added.setId(species(state))
    added.setCompartment(PLACE)
    added.setInitialAmount(amount)
    added.setHasOnlySubstanceUnits(True)
    added.setBoundaryCondition(False)
    added.setConstant(False)


def _add_parameter(model: libsbml.Model, name: str, value: float, *, constant: bool) -> None:
    added = model.createParameter()
    added.setId(name)
    added.setValue(value)
    added.setConstant(constant)


def _add_reaction(model: libsbml.Model, name: str, taken: int | None, given: int, law: str) -> None:
    added = model.createReaction()
    added.setId(name)
    added.setReversible(False)
    added.setFast(False)
    sides = [(added.createProduct(), given)]
    if taken is not None:
        sides.append((added.createReactant(), taken))
    for side, state in sides:
        side.setSpecies(species(state))
        side.setStoichiometry(1.0)
        side.setConstant(True)
    added.createKineticLaw().setMath(libsbml.parseL3Formula(law))
