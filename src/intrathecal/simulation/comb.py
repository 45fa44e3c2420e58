"""The resolvent (s - G)^-1 b of one drug's system at many s, at the cost of a few operations a state.

The network of a drug is a comb. The fluid is a chain from the cranium down the canal; every cell of it has side boxes, cord and
epidural space; the blood is a hub, a few boxes of which one, plasma, trades with chain and sides; and effect sites and the
metabolite follow others without a way back. So the sides fall out cell by cell, the chain is tridiagonal (solved twice: for
what enters, and for one unit of plasma), and the hub closes the loop. For s with a real part of zero or more every pivot is led
by its diagonal: nothing is exchanged and little is lost. All s are done side by side.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from intrathecal.body import PLASMA
from intrathecal.compiled import compiled
from intrathecal.simulation.system import Array, LinearSystem
from intrathecal.spine import CISTERNA, CORD, CRANIAL, CSF, EPIDURAL

Numbers = NDArray[Any]
Index = NDArray[np.int64]

SIDES = (CORD, EPIDURAL)


class NotACombError(ValueError):
    """A system of another shape; it is advanced by all of its modes."""


class Comb(NamedTuple):
    """The entries of a generator by their place in the comb. Rates in 1/s, none below zero.

    ``chain`` (c), ``side`` (l, c), ``hub`` (h) and ``follower`` (f) are the places of the states; a side that is missing is
    -1. ``leaving`` (c) is all that leaves a box of the chain, ``down`` and ``up`` (c - 1) what goes to its neighbours,
    ``out`` (c) and ``back`` (c) what it sends to plasma and takes from it; the same for the sides, which send ``side_home``
    to their box of the chain and take ``side_in`` from it. ``blood`` (h, h) is minus the hub's own block. ``followed`` (f, n)
    are the rates from other states, ``fading`` (f) those at which a follower forgets.
    """

    chain: Index
    side: Index
    hub: Index
    follower: Index
    leaving: Array
    down: Array
    up: Array
    out: Array
    back: Array
    side_leaving: Array
    side_in: Array
    side_home: Array
    side_out: Array
    side_back: Array
    blood: Array
    followed: Array
    fading: Array

    def resolvent(self, shifts: Numbers, entry: Array) -> Numbers:
        """The x (n, K) of (s_k - G) x_k = ``entry`` (n) for every one of ``shifts`` (K, 1/s; no real part below zero)."""
        x = _resolvent(self, shifts, entry)
        if self.follower.size:
            x[self.follower] = (self.followed @ x + entry[self.follower][:, None]) / (shifts + self.fading[:, None])
        return x


def comb(system: LinearSystem) -> Comb:
    """The comb that ``system`` is; raises `NotACombError` where its generator has an entry that is in no place of one."""
    names = {state: place for place, state in enumerate(system.states)}
    cells = system.z_cm.size
    if not {PLASMA, CISTERNA, CRANIAL} <= names.keys():
        raise NotACombError(f"{system.drug}: without cranium or plasma the system is no comb")
    entries = _Entries.of(system)
    chain = np.array([names[CRANIAL], names[CISTERNA], *(names[f"{CSF} {cell}"] for cell in range(cells))])
    side = np.array([[-1, -1, *(names.get(f"{layer} {cell}", -1) for cell in range(cells))] for layer in SIDES])
    own = {CSF, CORD, EPIDURAL, CISTERNA, CRANIAL, PLASMA}
    rest = [place for state, place in names.items() if state.partition(" ")[0] not in own]
    gives = entries.giving()
    follower = np.array([place for place in rest if not gives[place]], dtype=np.int64)
    hub = np.array([names[PLASMA], *(place for place in rest if gives[place])])
    plasma, beside = np.full_like(side, hub[0]), np.broadcast_to(chain, side.shape)
    followed = system.generator[follower].toarray()
    fading = -followed[np.arange(follower.size), follower]
    followed[np.arange(follower.size), follower] = 0.0
    found = Comb(
        chain=chain,
        side=side,
        hub=hub,
        follower=follower,
        leaving=-entries.at(chain, chain),
        down=entries.at(chain[1:], chain[:-1]),
        up=entries.at(chain[:-1], chain[1:]),
        out=entries.at(np.full_like(chain, hub[0]), chain),
        back=entries.at(chain, np.full_like(chain, hub[0])),
        side_leaving=np.where(side < 0, 1.0, -entries.at(side, side)),
        side_in=entries.at(side, beside),
        side_home=entries.at(beside, side),
        side_out=entries.at(plasma, side),
        side_back=entries.at(side, plasma),
        blood=-entries.at(*(part.astype(np.int64) for part in np.meshgrid(hub, hub, indexing="ij"))),
        followed=followed,
        fading=fading,
    )
    if _placed(found) != entries.rates.size:
        raise NotACombError(f"{system.drug}: the system has exchanges beside those of a comb")
    return found


class _Entries(NamedTuple):
    """The entries of a generator that are not zero: ``rates`` by their ``keys``, row times ``size`` plus column, ascending."""

    size: int
    keys: Index
    rates: Array

    @classmethod
    def of(cls, system: LinearSystem) -> _Entries:
        listed = system.generator.tocoo()
        kept, size = listed.data != 0, len(system.states)
        keys = listed.row[kept].astype(np.int64) * size + listed.col[kept]
        order = np.argsort(keys)
        return cls(size, keys[order], listed.data[kept][order])

    def at(self, rows: Index, columns: Index) -> Array:
        """The rates at these places; zero where there is none, and where a place is -1."""
        wanted = rows * self.size + columns
        found = np.minimum(np.searchsorted(self.keys, wanted), self.keys.size - 1)
        return np.where((rows >= 0) & (columns >= 0) & (self.keys[found] == wanted), self.rates[found], 0.0)

    def giving(self) -> NDArray[np.bool_]:
        """Which states (n) give something to another."""
        rows, columns = np.divmod(self.keys, self.size)
        return np.asarray(np.bincount(columns[rows != columns], minlength=self.size) > 0)


def _placed(found: Comb) -> int:
    """How many entries of a generator have a place in ``found``."""
    parts = (
        found.leaving, found.down, found.up, found.out, found.back, found.side_in, found.side_home, found.side_out,
        found.side_back, found.blood, found.followed, found.fading,
    )  # fmt: skip
    return sum(int(np.count_nonzero(part)) for part in parts) + int(np.count_nonzero(found.side >= 0))


@compiled
def _resolvent(comb: Comb, shifts: Numbers, entry: Array) -> Numbers:
    """All but the followers."""
    boxes, lanes = comb.chain.size, shifts.size
    beside = np.zeros((comb.side.shape[0], boxes, lanes), dtype=shifts.dtype)
    pivot = np.empty((boxes, lanes), dtype=shifts.dtype)
    given, blooded = np.empty_like(pivot), np.empty_like(pivot)
    for box in range(boxes):
        for lane in range(lanes):
            pivot[box, lane] = shifts[lane] + comb.leaving[box]
            given[box, lane] = entry[comb.chain[box]]
            blooded[box, lane] = comb.back[box]
        for layer in range(comb.side.shape[0]):
            if comb.side[layer, box] >= 0:
                _take_side(comb, layer, box, shifts, entry, beside[layer, box], pivot[box], given[box], blooded[box])
        if box > 0:
            _take_last(comb, box, pivot, given, blooded)
        _divide(pivot[box], given[box], blooded[box])
    for box in range(boxes - 2, -1, -1):
        for lane in range(lanes):
            onward = comb.up[box] * pivot[box, lane]
            given[box, lane] += onward * given[box + 1, lane]
            blooded[box, lane] += onward * blooded[box + 1, lane]
    sent, returned = _to_plasma(comb, entry, beside, given, blooded)
    x = np.zeros((entry.size, lanes), dtype=shifts.dtype)
    for lane in range(lanes):
        _close(comb, shifts[lane], entry, sent[lane], returned[lane], x, lane)
    _fill(comb, entry, beside, given, blooded, x)
    return x


@compiled
def _take_side(
    comb: Comb,
    layer: int,
    box: int,
    shifts: Numbers,
    entry: Array,
    stays: Numbers,
    pivot: Numbers,
    given: Numbers,
    blooded: Numbers,
) -> None:
    """Take a side box out of the equation of its box of the chain; ``stays`` becomes 1 / (s + what leaves it)."""
    held, gone, home = entry[comb.side[layer, box]], comb.side_leaving[layer, box], comb.side_home[layer, box]
    both, fed = home * comb.side_in[layer, box], home * comb.side_back[layer, box]
    for lane in range(shifts.size):
        turned = np.conj(shifts[lane] + gone)
        stays[lane] = turned / (turned * (shifts[lane] + gone)).real
        pivot[lane] -= both * stays[lane]
        given[lane] += home * held * stays[lane]
        blooded[lane] += fed * stays[lane]


@compiled
def _take_last(comb: Comb, box: int, pivot: Numbers, given: Numbers, blooded: Numbers) -> None:
    """Take the box before out of the equation of this one."""
    onward, both = comb.down[box - 1], comb.down[box - 1] * comb.up[box - 1]
    for lane in range(pivot.shape[1]):
        pivot[box, lane] -= both * pivot[box - 1, lane]
        given[box, lane] += onward * given[box - 1, lane]
        blooded[box, lane] += onward * blooded[box - 1, lane]


@compiled
def _divide(pivot: Numbers, given: Numbers, blooded: Numbers) -> None:
    """Turn the pivot into its reciprocal, and divide by it."""
    for lane in range(pivot.size):
        turned = np.conj(pivot[lane])
        pivot[lane] = turned / (turned * pivot[lane]).real
        given[lane] *= pivot[lane]
        blooded[lane] *= pivot[lane]


@compiled
def _to_plasma(comb: Comb, entry: Array, beside: Numbers, given: Numbers, blooded: Numbers) -> tuple[Numbers, Numbers]:
    """What chain and sides send to plasma: of what entered, and for one unit of plasma."""
    lanes = given.shape[1]
    sent, returned = np.zeros(lanes, dtype=given.dtype), np.zeros(lanes, dtype=given.dtype)
    for box in range(comb.chain.size):
        for lane in range(lanes):
            sent[lane] += comb.out[box] * given[box, lane]
            returned[lane] += comb.out[box] * blooded[box, lane]
        for layer in range(comb.side.shape[0]):
            if comb.side[layer, box] >= 0:
                held, gives = entry[comb.side[layer, box]], comb.side_out[layer, box]
                takes, fed = comb.side_in[layer, box], comb.side_back[layer, box]
                for lane in range(lanes):
                    share = gives * beside[layer, box, lane]
                    sent[lane] += share * (takes * given[box, lane] + held)
                    returned[lane] += share * (takes * blooded[box, lane] + fed)
    return sent, returned


@compiled
def _close(comb: Comb, shift: complex, entry: Array, sent: complex, returned: complex, x: Numbers, lane: int) -> None:
    """Solve the hub, whose first box is plasma, into ``x``: from the last box to the first, and back."""
    size = comb.hub.size
    block, right = np.empty((size, size), dtype=x.dtype), np.empty(size, dtype=x.dtype)
    for row in range(size):
        right[row] = entry[comb.hub[row]]
        for column in range(size):
            block[row, column] = comb.blood[row, column]
        block[row, row] += shift
    block[0, 0] -= returned
    right[0] += sent
    for step in range(size - 1, 0, -1):
        for row in range(step):
            share = block[row, step] / block[step, step]
            right[row] -= share * right[step]
            for column in range(step):
                block[row, column] -= share * block[step, column]
    for row in range(size):
        for column in range(row):
            right[row] -= block[row, column] * right[column]
        right[row] /= block[row, row]
        x[comb.hub[row], lane] = right[row]


@compiled
def _fill(comb: Comb, entry: Array, beside: Numbers, given: Numbers, blooded: Numbers, x: Numbers) -> None:
    """Chain and sides into ``x``, now that plasma is known."""
    plasma = x[comb.hub[0]].copy()
    for box in range(comb.chain.size):
        into = x[comb.chain[box]]
        for lane in range(plasma.size):
            into[lane] = given[box, lane] + plasma[lane] * blooded[box, lane]
        for layer in range(comb.side.shape[0]):
            if comb.side[layer, box] >= 0:
                held, besides = entry[comb.side[layer, box]], x[comb.side[layer, box]]
                takes, fed = comb.side_in[layer, box], comb.side_back[layer, box]
                for lane in range(plasma.size):
                    besides[lane] = beside[layer, box, lane] * (takes * into[lane] + fed * plasma[lane] + held)
