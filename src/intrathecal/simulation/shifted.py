"""The resolvent (s - G)^-1 b of a comb at many s at once, by arrays: what a run of one patient needs of it.

The elimination is that of `comb.solve`: the sides fall out cell by cell, the chain is solved for what enters and for one unit of
plasma, and the hub closes the loop. Here the chains of all s lie one behind the other in one tridiagonal system, and every
other step is one operation on arrays. That is nearly as fast as compiled code, and spares a single run the half second that
loading a compiler takes, and its first run the many seconds of compiling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from intrathecal.simulation.comb import Comb, Index, Numbers
from intrathecal.simulation.trajectory import Array

#: So many shifts are solved at once that their solutions have about so many bytes: these stay close to the processor.
CACHED = 2**18


@dataclass(frozen=True, eq=False)
class Shifted:
    """``comb`` solved by arrays."""

    comb: Comb

    def resolvent(self, shifts: Numbers, entry: Array) -> Numbers:
        """The x (n, K) of (s_k - G) x_k = ``entry`` (n) for every one of ``shifts`` (K, 1/s; no real part below zero)."""
        every = max(1, CACHED // (entry.size * shifts.itemsize))
        parts = [_solved(self.comb, shifts[start : start + every], entry) for start in range(0, shifts.size, every)]
        return (parts[0] if len(parts) == 1 else np.concatenate(parts)).T


def _solved(comb: Comb, shifts: Numbers, entry: Array) -> Numbers:
    """The same (K, n) for a few shifts."""
    kind, s, beside = shifts.dtype, shifts[:, None], np.append(entry, 0.0)[comb.side]
    held = [1.0 / (s + leaving) for leaving in comb.side_leaving]
    home, out = (_each(kind, rates, comb.side_in, comb.side_back, beside) for rates in (comb.side_home, comb.side_out))
    fed = np.stack([entry[comb.chain] + _passed(held, home[2]), comb.back + _passed(held, home[1])])
    given, blooded = _along(comb, s + comb.leaving - _passed(held, home[0]), fed)
    to_plasma = comb.out + _passed(held, out[0])
    sent, returned = (np.einsum("kc,kc->k", to_plasma, each) for each in (given, blooded))
    for each, back, gives in zip(held, out[1], out[2], strict=True):
        returned += each @ back
        sent += each @ gives
    hub = _hub(comb, shifts, entry, sent, returned)
    blooded *= hub[:, :1]
    given += blooded
    # what a side takes from plasma, and what entered there
    once, takes = np.stack([hub[:, 0], np.ones(shifts.size)], axis=1), comb.side_in.astype(kind)
    gets = np.stack([comb.side_back, beside], axis=1).astype(kind)
    sides = [each * (given * takes[layer] + once @ gets[layer]) for layer, each in enumerate(held)]
    x = np.concatenate([hub, given, *sides, np.zeros((shifts.size, 1))], axis=1).take(_order(comb, entry.size), axis=1)
    for state, followed, fading in zip(comb.follower, comb.followed, comb.fading, strict=True):
        x[:, state] = (entry[state] + x @ followed.astype(kind)) / (shifts + fading)
    return np.asarray(x)


def _each(kind: np.dtype[Any], rates: Array, *given: Array) -> list[Numbers]:
    """``rates`` (l, c) times each of ``given`` (l, c), as numbers of a ``kind``."""
    return [(rates * each).astype(kind) for each in given]


def _passed(held: Sequence[Numbers], rates: Numbers) -> Numbers:
    """What the side boxes pass on (K, c) at ``rates`` (l, c) when they hold ``held`` (l of (K, c))."""
    return np.asarray(sum(each * layer for each, layer in zip(held, rates, strict=True)))


def _along(comb: Comb, pivot: Numbers, given: Numbers) -> Numbers:
    """The chains of all shifts, of what leaves every box ``pivot`` (K, c), for what they are ``given`` (2, K, c)."""
    from scipy.linalg import lapack

    solve = lapack.zgtsv if np.iscomplexobj(pivot) else lapack.dgtsv
    down, up = np.zeros((2, *pivot.shape), dtype=pivot.dtype)
    down[:, :-1], up[:, :-1] = -comb.down, -comb.up
    *_, found, _ = solve(down.ravel()[:-1], pivot.ravel(), up.ravel()[:-1], given.reshape(2, -1).T)
    return np.asarray(found).T.reshape(given.shape)


def _hub(comb: Comb, shifts: Numbers, entry: Array, sent: Numbers, returned: Numbers) -> Numbers:
    """The hub (K, h), whose first box is plasma; ``sent`` and ``returned`` (K,) are what it gets, and gets back per unit."""
    block, right = (
        np.empty((shifts.size, *comb.blood.shape), shifts.dtype),
        np.empty((shifts.size, comb.hub.size), shifts.dtype),
    )
    block[:], right[:] = comb.blood, entry[comb.hub]
    every = np.arange(comb.hub.size)
    block[:, every, every] += shifts[:, None]
    block[:, 0, 0] -= returned
    right[:, 0] += sent
    return np.asarray(np.linalg.solve(block, right[:, :, None])[:, :, 0])


def _order(comb: Comb, size: int) -> Index:
    """Where each of ``size`` states is in a row of hub, chain, sides, and a zero for a state that is none of them."""
    places = np.concatenate([comb.hub, comb.chain, comb.side.ravel()])
    there, order = np.flatnonzero(places >= 0), np.full(size, places.size)
    order[places[there]] = there
    return order
