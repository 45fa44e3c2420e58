"""Fluid, cord, epidural space and cranium of one drug as a linear system of amounts.

Finite volumes: every transfer leaves one state and enters another, so amounts are kept to round-off. Without flow the network
is a tree in detailed balance (symmetric but for a diagonal scaling).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from intrathecal.spine.canal import Canal
from intrathecal.spine.fluid import Cranium
from intrathecal.spine.flux import exchange
from intrathecal.spine.layers import Layer

if TYPE_CHECKING:
    from scipy import sparse

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Column = NDArray[np.int32]
#: Rows, columns and values of a matrix.
Entries = tuple[Index, Index, Array]

CSF, CORD, EPIDURAL = "csf", "cord", "epidural"
CISTERNA, CRANIAL = "cisterna_magna", "cranial"


@dataclass(frozen=True)
class Neuraxis:
    """dx/dt = generator x + from_blood C_eq, with x in ug.

    ``states`` (n) are ``csf 0``, ``csf 1`` ... from the head down, the same for the layers that the drug has, then
    ``cisterna_magna`` and ``cranial``. ``entries`` are those of ``generator`` (n, n; 1/s), which has all losses on its
    diagonal; ``to_blood`` (n; 1/s) are the losses, so that the columns of ``generator`` sum to ``-to_blood``.
    ``from_blood`` (n; mL/s) times the concentration of the fluid that is in equilibrium with plasma is what the blood
    brings. ``capacity_mL`` (n) is the amount in every state, for 1 ug/mL in the fluid, at that equilibrium.
    """

    canal: Canal
    states: tuple[str, ...]
    entries: Entries
    to_blood: Array
    from_blood: Array
    capacity_mL: Array

    @cached_property
    def generator(self) -> sparse.csr_array:
        """The matrix of ``entries``."""
        return matrix([self.entries], len(self.states))

    def mask(self, part: str) -> NDArray[np.bool_]:
        """Which states (n) belong to the layer or box ``part``."""
        found = np.zeros(len(self.states), bool)
        if part in self.states:
            found[self.states.index(part)] = True
        elif f"{part} 0" in self.states:
            first = self.states.index(f"{part} 0")
            found[first : first + self.canal.cells] = True
        return found


class _Network:
    """States and one-way transfers, collected until the generator is made of them."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.volumes: list[Array] = []
        self.to_blood: list[Array] = []
        self.from_blood: list[Array] = []
        self.transfers: list[tuple[Index, Index, Array]] = []

    def add(self, names: Sequence[str], capacity_mL: Array, to_blood: Array, from_blood: Array) -> Index:
        """New states with their capacities, losses and gains; their places among all states."""
        places = np.arange(len(self.names), len(self.names) + len(names))
        self.names += names
        self.volumes.append(capacity_mL)
        self.to_blood.append(to_blood)
        self.from_blood.append(from_blood)
        return places

    def move(self, source: Index, target: Index, per_s: Array | float) -> None:
        """A transfer between states, place by place."""
        self.transfers.append((source, target, per_s if isinstance(per_s, np.ndarray) else np.full(source.size, per_s)))

    def neuraxis(self, canal: Canal) -> Neuraxis:
        """Everything that was collected; what leaves a state stands on the diagonal."""
        losses = np.concatenate(self.to_blood)
        sources, targets, rates = (np.concatenate(part) for part in zip(*self.transfers, strict=True))
        leaving = losses + np.bincount(sources, weights=rates, minlength=losses.size)
        places = np.arange(losses.size)
        return Neuraxis(
            canal=canal,
            states=tuple(self.names),
            entries=(
                np.concatenate([targets, places]),
                np.concatenate([sources, places]),
                np.concatenate([rates, -leaving]),
            ),
            to_blood=losses,
            from_blood=np.concatenate(self.from_blood),
            capacity_mL=np.concatenate(self.volumes),
        )


def matrix(parts: Sequence[Entries], size: int) -> sparse.csr_array:
    """The matrix (size, size) of all ``parts``, no place twice; what is zero is not stored."""
    from scipy import sparse

    rows, columns, values = (np.concatenate(each) for each in zip(*parts, strict=True))
    if not values.all():
        stored = np.flatnonzero(values)
        rows, columns, values = rows[stored], columns[stored], values[stored]
    order, columns, begins = _pattern(size, (rows * size + columns).astype(np.int64).tobytes())
    return sparse.csr_array((values[order], columns, begins), shape=(size, size))


@lru_cache(maxsize=64)
def _pattern(size: int, places: bytes) -> tuple[Index, Column, Column]:
    """How ``places`` (row * size + column) stand in a CSR matrix, in which columns, and where rows begin: alike in all people."""
    given = np.frombuffer(places, dtype=np.int64)
    order = np.argsort(given)
    columns = (given[order] % size).astype(np.int32)
    begins = np.searchsorted(given[order], size * np.arange(size + 1)).astype(np.int32)
    columns.flags.writeable = begins.flags.writeable = False
    return order, columns, begins


def entries(generator: sparse.csr_array) -> Entries:
    """Everything that a matrix stores."""
    rows = np.repeat(np.arange(generator.shape[0]), np.diff(generator.indptr))
    return rows, generator.indices, generator.data


def assemble(
    canal: Canal,
    dispersion: Array,
    flow_mL_per_s: Array,
    layers: Mapping[str, Layer],
    cranium: Cranium | None = None,
) -> Neuraxis:
    """The neuraxis of one drug.

    ``dispersion`` (N + 1, cm2/s) and ``flow_mL_per_s`` (N + 1, away from the head, never below zero and never growing) are
    given at the faces of ``canal``. Where the flow falls, fluid is absorbed and takes its drug into the blood; what flow is
    left at the last face leaves there. Without a ``cranium`` the upper end is closed to drug, and what flows in there is
    free of it.

    Equilibrium: the blood brings to every layer what keeps it in balance with the fluid, to the two boxes of the cranium
    what they lose, and to the cisterna magna, with the fluid that is made, what that fluid would hold. Then one
    concentration everywhere is at rest, whatever the flow. Raises `ValueError` for a flow that is negative or grows.
    """
    if np.any(flow_mL_per_s < 0) or np.any(np.diff(flow_mL_per_s) > 0):
        raise ValueError("flow_mL_per_s is negative or grows along the canal: fluid enters at the head and is absorbed")
    network = _Network()
    fluid = _add_fluid(network, canal, dispersion, flow_mL_per_s)
    perimeters = {CORD: canal.tissue_perimeter_cm(), EPIDURAL: canal.dural_perimeter_cm()}
    for name, layer in layers.items():
        _add_layer(network, fluid, canal, (name, layer, perimeters[name]))
    if cranium is not None:
        _add_cranium(network, fluid[:1], canal, cranium, (dispersion[:1], flow_mL_per_s[:1]))
    return network.neuraxis(canal)


def _add_fluid(network: _Network, canal: Canal, dispersion: Array, flow_mL_per_s: Array) -> Index:
    volume = canal.csf_volume_mL
    absorbed = np.append(-np.diff(flow_mL_per_s)[:-1], flow_mL_per_s[-2])
    fluid = network.add(_cells(CSF, canal), volume, absorbed / volume, np.zeros(canal.cells))
    steps = np.full(canal.cells - 1, canal.spacing_cm)
    down, up = exchange(canal.csf_area_cm2[1:-1], dispersion[1:-1], steps, flow_mL_per_s[1:-1])
    network.move(fluid[:-1], fluid[1:], down / volume[:-1])
    network.move(fluid[1:], fluid[:-1], up / volume[1:])
    return fluid


def _add_layer(network: _Network, fluid: Index, canal: Canal, named: tuple[str, Layer, Array]) -> None:
    name, layer, perimeter = named
    inward = layer.permeation_mL_per_s(perimeter, canal.csf_volume_mL)
    capacity = inward / layer.back_per_s
    cells = network.add(
        _cells(name, canal), capacity, np.full(canal.cells, layer.blood_per_s), capacity * layer.blood_per_s
    )
    network.move(fluid, cells, inward / canal.csf_volume_mL)
    network.move(cells, fluid, layer.back_per_s)


def _add_cranium(network: _Network, top: Index, canal: Canal, cranium: Cranium, at_top: tuple[Array, Array]) -> None:
    dispersion, downward = at_top
    boxes = np.array([cranium.cisterna_mL, cranium.cranial_mL])
    made = np.array([cranium.upward_mL_per_s + downward[0], 0.0])
    absorbed = np.array([0.0, cranium.upward_mL_per_s])
    both = network.add(
        [CISTERNA, CRANIAL], boxes, cranium.loss_per_s + absorbed / boxes, cranium.loss_per_s * boxes + made
    )
    cisterna, cranial = both[:1], both[1:]
    half_cell = np.array([0.5 * canal.spacing_cm])
    down, up = exchange(canal.csf_area_cm2[:1], dispersion, half_cell, downward)
    network.move(cisterna, top, down / boxes[0])
    network.move(top, cisterna, up / canal.csf_volume_mL[0])
    network.move(cisterna, cranial, (cranium.exchange_mL_per_s + cranium.upward_mL_per_s) / boxes[0])
    network.move(cranial, cisterna, cranium.exchange_mL_per_s / boxes[1])


def _cells(layer: str, canal: Canal) -> tuple[str, ...]:
    return _names(layer, canal.cells)


@lru_cache(maxsize=16)
def _names(layer: str, cells: int) -> tuple[str, ...]:
    return tuple(f"{layer} {cell}" for cell in range(cells))
