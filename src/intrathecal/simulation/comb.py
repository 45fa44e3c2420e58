"""The resolvent (s - G)^-1 b of one drug's system at many s, at the cost of a few operations a state.

The network of a drug is a comb. The fluid is a chain from the cranium down the canal; every cell of it has side boxes, cord and
epidural space; the blood is a hub, a few boxes of which one, plasma, trades with chain and sides; and effect sites and the
metabolite follow others without a way back. So the sides fall out cell by cell, the chain is tridiagonal (solved twice: for
what enters, and for one unit of plasma), and the hub closes the loop. For s with a real part of zero or more every pivot is led
by its diagonal: nothing is exchanged and little is lost. The chains of all s are solved as one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from intrathecal.body import PLASMA
from intrathecal.compiled import compiled
from intrathecal.simulation.system import Array, LinearSystem
from intrathecal.spine import CISTERNA, CORD, CRANIAL, CSF, EPIDURAL

if TYPE_CHECKING:
    from scipy import sparse

Numbers = NDArray[Any]
Index = NDArray[np.int64]

SIDES = (CORD, EPIDURAL)
#: Rows of working space: pivots, what was given, and what one unit of plasma gives.
WORK = 3


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
        # one kind of number, because every kind is compiled for seconds when a user first meets it
        x = np.zeros((shifts.size, entry.size), dtype=complex)
        work = np.empty((WORK, self.chain.size), dtype=complex)
        for shift, into in zip(shifts.astype(complex), x, strict=True):
            solve(self, shift, entry, work, into)
        return x.T if np.iscomplexobj(shifts) else x.real.T


def comb(system: LinearSystem) -> Comb:
    """The comb that ``system`` is; raises `NotACombError` where its generator has an entry that is in no place of one."""
    generator = system.generator
    form = _form(system.states, generator.indptr.tobytes(), generator.indices.tobytes(), generator.indices.dtype.str)
    if form is None:
        raise NotACombError(
            f"{system.drug}: the system is without cranium or plasma, or has exchanges beside those of a comb"
        )
    return _filled(form, generator)


def arranged(generator: sparse.csr_array, chain: Index, side: Index, plasma: int) -> Comb:
    """The comb of a ``generator`` (n, n) whose ``chain`` (c), ``side`` (l, c; -1 where there is none) and ``plasma`` are known.

    Raises `NotACombError` where it is none.
    """
    form = _arrangement(generator.indptr, generator.indices, chain, side, plasma)
    if form is None:
        raise NotACombError("the system has exchanges beside those of a comb")
    return _filled(form, generator)


def _filled(form: _Form, generator: sparse.csr_array) -> Comb:
    rates, places = np.append(generator.data, 0.0), form.places
    return Comb(
        *form.states,
        leaving=-rates[places.leaving],
        down=rates[places.down],
        up=rates[places.up],
        out=rates[places.out],
        back=rates[places.back],
        side_leaving=np.where(form.states.side < 0, 1.0, -rates[places.side_leaving]),
        side_in=rates[places.side_in],
        side_home=rates[places.side_home],
        side_out=rates[places.side_out],
        side_back=rates[places.side_back],
        blood=-rates[places.blood],
        followed=rates[places.followed],
        fading=-rates[places.fading],
    )


class _States(NamedTuple):
    """The first fields of a comb."""

    chain: Index
    side: Index
    hub: Index
    follower: Index


class _Places(NamedTuple):
    """For every other field of a comb, where its rates are among those of the generator; the last of all is none."""

    leaving: Index
    down: Index
    up: Index
    out: Index
    back: Index
    side_leaving: Index
    side_in: Index
    side_home: Index
    side_out: Index
    side_back: Index
    blood: Index
    followed: Index
    fading: Index


class _Form(NamedTuple):
    """What all combs of one pattern have in common."""

    states: _States
    places: _Places


@lru_cache(maxsize=64)
def _form(states: tuple[str, ...], indptr: bytes, indices: bytes, kind: str) -> _Form | None:
    """The comb of a pattern (that of a CSR matrix over ``states``), or None where it is none."""
    names = {state: place for place, state in enumerate(states)}
    if not {PLASMA, CISTERNA, CRANIAL} <= names.keys():
        return None
    cells = sum(state.startswith(f"{CSF} ") for state in states)
    chain = np.array([names[CRANIAL], names[CISTERNA], *(names[f"{CSF} {cell}"] for cell in range(cells))])
    side = np.array([[-1, -1, *(names.get(f"{layer} {cell}", -1) for cell in range(cells))] for layer in SIDES])
    starts, columns = np.frombuffer(indptr, dtype=kind), np.frombuffer(indices, dtype=kind)
    return _arrangement(starts, columns, chain, side, names[PLASMA])


def _arrangement(starts: Index, columns: Index, chain: Index, side: Index, plasma_state: int) -> _Form | None:
    """Where every entry of a pattern has its place; None where one has none."""
    size = starts.size - 1
    rows = np.repeat(np.arange(size), np.diff(starts))
    rest = np.setdiff1d(np.arange(size), np.concatenate([chain, side.ravel(), [plasma_state]]))
    gives = np.bincount(columns[rows != columns], minlength=size) > 0
    follower, hub = rest[~gives[rest]], np.append(plasma_state, rest[gives[rest]])
    keys = rows.astype(np.int64) * size + columns
    order = np.argsort(keys)

    def at(row: Index, column: Index) -> Index:
        """Where the rates at these places are; nowhere where there is none, and where a place is -1."""
        wanted = row * size + column
        found = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), keys.size - 1)]
        return np.asarray(np.where((row >= 0) & (column >= 0) & (keys[found] == wanted), found, keys.size))

    plasma, beside = np.full_like(side, hub[0]), np.broadcast_to(chain, side.shape)
    of_chain, every = np.full_like(chain, hub[0]), np.arange(size)
    followed = at(*np.meshgrid(follower, every, indexing="ij"))
    followed[np.arange(follower.size), follower] = keys.size
    places = _Places(
        leaving=at(chain, chain),
        down=at(chain[1:], chain[:-1]),
        up=at(chain[:-1], chain[1:]),
        out=at(of_chain, chain),
        back=at(chain, of_chain),
        side_leaving=at(side, side),
        side_in=at(side, beside),
        side_home=at(beside, side),
        side_out=at(plasma, side),
        side_back=at(side, plasma),
        blood=at(*np.meshgrid(hub, hub, indexing="ij")),
        followed=followed,
        fading=at(follower, follower),
    )
    used = np.unique(np.concatenate([place.ravel() for place in places]))
    return (
        _Form(_States(chain, side, hub, follower), places) if used[used < columns.size].size == columns.size else None
    )


@compiled
def solve(comb: Comb, shift: complex, entry: Array, work: Numbers, x: Numbers) -> None:
    """The solution of (``shift`` - G) x = ``entry`` (n), into ``x`` (n), all numbers; ``work`` (WORK, c) is overwritten."""
    pivot, given, blooded = work[0], work[1], work[2]
    _chain(comb, shift, entry, pivot, given, blooded)
    sent, returned = _to_plasma(comb, shift, entry, given, blooded)
    _hub(comb, shift, entry, sent, returned, x)
    _fill(comb, shift, entry, given, blooded, x)


@compiled
def _chain(comb: Comb, shift: complex, entry: Array, pivot: Numbers, given: Numbers, blooded: Numbers) -> None:
    """The chain (c) for what entered, ``given``, and for one unit of plasma, ``blooded``; its sides are taken out first."""
    for box in range(comb.chain.size):
        left, held, fed = shift + comb.leaving[box], entry[comb.chain[box]] + 0.0 * shift, comb.back[box] + 0.0 * shift
        for layer in range(comb.side.shape[0]):
            if comb.side[layer, box] >= 0:
                stays = comb.side_home[layer, box] / (shift + comb.side_leaving[layer, box])
                left -= stays * comb.side_in[layer, box]
                held += stays * entry[comb.side[layer, box]]
                fed += stays * comb.side_back[layer, box]
        if box > 0:
            left -= comb.down[box - 1] * comb.up[box - 1] * pivot[box - 1]
            held += comb.down[box - 1] * given[box - 1]
            fed += comb.down[box - 1] * blooded[box - 1]
        pivot[box] = 1.0 / left
        given[box] = held * pivot[box]
        blooded[box] = fed * pivot[box]
    for box in range(comb.chain.size - 2, -1, -1):
        given[box] += comb.up[box] * pivot[box] * given[box + 1]
        blooded[box] += comb.up[box] * pivot[box] * blooded[box + 1]


@compiled
def _to_plasma(comb: Comb, shift: complex, entry: Array, given: Numbers, blooded: Numbers) -> tuple[complex, complex]:
    """What chain and sides send to plasma: of what entered, and for one unit of plasma."""
    sent, returned = 0.0 * shift, 0.0 * shift
    for box in range(comb.chain.size):
        sent += comb.out[box] * given[box]
        returned += comb.out[box] * blooded[box]
        for layer in range(comb.side.shape[0]):
            if comb.side[layer, box] >= 0:
                stays = comb.side_out[layer, box] / (shift + comb.side_leaving[layer, box])
                takes = comb.side_in[layer, box]
                sent += stays * (takes * given[box] + entry[comb.side[layer, box]])
                returned += stays * (takes * blooded[box] + comb.side_back[layer, box])
    return sent, returned


@compiled
def _hub(comb: Comb, shift: complex, entry: Array, sent: complex, returned: complex, x: Numbers) -> None:
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
        x[comb.hub[row]] = right[row]


@compiled
def _fill(comb: Comb, shift: complex, entry: Array, given: Numbers, blooded: Numbers, x: Numbers) -> None:
    """Chain, sides and followers into ``x``, now that the hub is known."""
    plasma = x[comb.hub[0]]
    for box in range(comb.chain.size):
        into = given[box] + plasma * blooded[box]
        x[comb.chain[box]] = into
        for layer in range(comb.side.shape[0]):
            if comb.side[layer, box] >= 0:
                taken = comb.side_in[layer, box] * into + comb.side_back[layer, box] * plasma
                taken += entry[comb.side[layer, box]]
                x[comb.side[layer, box]] = taken / (shift + comb.side_leaving[layer, box])
    for place in range(comb.follower.size):
        x[comb.follower[place]] = 0.0
    for place in range(comb.follower.size):
        gained = entry[comb.follower[place]] + 0.0 * shift
        for state in range(x.size):
            gained += comb.followed[place, state] * x[state]
        x[comb.follower[place]] = gained / (shift + comb.fading[place])
