"""One linear system per drug and patient: the spine and the body coupled, with names for what goes in and what is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import erf, log, sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from intrathecal.body import GUT, METABOLITE, PLASMA, Body, build_body
from intrathecal.catalogue import Catalogue, Drug, Tracer, load_catalogue
from intrathecal.relief import EffectSite, effect_sites
from intrathecal.spine import (
    CISTERNA,
    CORD,
    CRANIAL,
    CSF,
    DEFAULT_CELLS,
    EPIDURAL,
    Canal,
    Cranium,
    Entries,
    Layer,
    Neuraxis,
    assemble,
    build_canal,
    dispersion,
    drug_layers,
    loss_per_s,
    matrix,
    spinal_flow,
)

if TYPE_CHECKING:
    from scipy import sparse

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.intp]

INTRATHECAL, EPIDURAL_ROUTE, INTRAVENOUS, ORAL = "intrathecal", "epidural", "intravenous", "oral"
#: The sink where drug leaves the body for good: clearance and first pass.
ELIMINATED = "eliminated"
BODY = "body"
LAYERS = (CSF, CORD, EPIDURAL)
#: The weights of states, in units of the smallest cell of fluid.
WEIGHT_RANGE = (1e-6, 1e9)


@dataclass(frozen=True)
class LinearSystem:
    """dx/dt = generator x + b u for one drug in one patient: x in ug, u in ug/s.

    ``states`` (n) names; ``generator`` (n, n; 1/s); ``sinks`` rows (n; 1/s) of what leaves the system. Over the rows of
    the drug itself (all states but ``metabolite`` and the effect sites), the columns of ``generator`` and the sinks sum to
    zero. ``parts`` are masks (n) of ``csf`` (with cisterna magna and cranium), ``cord``, ``epidural`` and ``body``
    (plasma, tissues, gut); a metabolite is in none. Neither is an effect site: its state is the amount that its fluid would
    hold at the site's concentration, so it copies drug and takes none.

    ``z_cm`` and ``levels`` (N) are the cells of the canal. ``sites`` (n each: C1 to S2, ``cisterna_magna``, ``plasma``) and
    ``effects`` (n each, by effect site) turn amounts into ug/mL, as do `profile` and, where there is one,
    ``metabolite_row``. No row has a negative entry. ``weights`` (n) are positive amounts near equilibrium, the scale of
    every state.
    """

    drug: str
    states: tuple[str, ...]
    generator: sparse.csr_array
    sinks: Mapping[str, Array]
    parts: Mapping[str, Mask]
    z_cm: Array
    levels: tuple[str, ...]
    sites: Mapping[str, Array]
    effects: Mapping[str, Array]
    metabolite_row: Array | None
    weights: Array
    canal: Canal
    epidural_spread_cm: float

    @property
    def parent(self) -> Array:
        """1 (n) for every state that holds the drug itself, 0 for its metabolite and its effect sites."""
        return np.asarray(np.any(list(self.parts.values()), axis=0), dtype=float)

    @property
    def csf_profile(self) -> Array:
        """The `profile` (N, n) of the fluid, in full."""
        return np.asarray(self.profile(CSF).toarray())

    @property
    def cord_profile(self) -> Array:
        """The `profile` (N, n) of the cord, in full."""
        return np.asarray(self.profile(CORD).toarray())

    def profile(self, layer: str) -> sparse.csr_array:
        """Rows (N, n) that turn amounts into the concentrations of ``csf`` or ``cord`` along the canal, ug/mL.

        Zeros where the drug has no such layer.
        """
        from scipy import sparse

        volumes_mL = {CSF: self.canal.csf_volume_mL, CORD: self.canal.tissue_volume_mL}[layer]
        size = (volumes_mL.size, len(self.states))
        if f"{layer} 0" not in self.states:
            return sparse.csr_array(size)
        cells = np.arange(volumes_mL.size)
        return sparse.csr_array((1.0 / volumes_mL, (cells, self._first(layer) + cells)), shape=size)

    def amounts(self, x: Array) -> dict[str, float]:
        """The amount (ug) in every part of `parts`, for states ``x`` (n, ug)."""
        return {part: float(x[mask].sum()) for part, mask in self.parts.items()}

    def tip_row(self, z_cm: float) -> Array:
        """The row (n) that gives the concentration of the fluid at ``z_cm``, ug/mL.

        Linear between the middles of the cells, and between the cisterna magna and the first; constant at the end of
        the sac, where nothing flows. Second order in the length of a cell. Raises `ValueError` outside the canal.
        """
        self._check_inside(z_cm)
        return np.asarray(self._tip_rows([z_cm])[0])

    def _tip_rows(self, places_cm: Sequence[float]) -> Array:
        """The rows (k, n) of `tip_row` at ``places_cm``."""
        points, first = self.z_cm, self._first(CSF)
        places, per_mL = first + np.arange(points.size), 1.0 / self.canal.csf_volume_mL
        if CISTERNA in self.sites and min(places_cm) < points[0]:
            # above the first cell the place before it is the cisterna magna; a place below it does not change
            place = self.states.index(CISTERNA)
            points, places = np.append(self.canal.edges_cm[:1], points), np.append(place, places)
            per_mL = np.append(self.sites[CISTERNA][place], per_mL)
        left, share = _between(points, np.asarray(places_cm))
        rows, right = np.zeros((left.size, len(self.states))), np.minimum(left + 1, points.size - 1)
        np.add.at(rows, (np.arange(left.size), places[left]), (1.0 - share) * per_mL[left])
        np.add.at(rows, (np.arange(left.size), places[right]), share * per_mL[right])
        return rows

    def source(self, route: str, z_cm: float | None = None) -> Array:
        """Where a dose enters: the share (n) of it that each state receives; the shares sum to 1.

        ``intrathecal`` at ``z_cm``: the two nearest cells, so that the first moment is exact. ``epidural`` at ``z_cm``:
        a normal distribution along the epidural space, cut at the ends of the canal. ``intravenous``: plasma. ``oral``:
        the gut. Raises `ValueError` for another route, a place outside the canal, or a route that this drug does not have.
        """
        entry = np.zeros(len(self.states))
        if route in (INTRATHECAL, EPIDURAL_ROUTE):
            if z_cm is None:
                raise ValueError(f"a dose given {route} needs a place: give z_cm")
            self._check_inside(z_cm)
            if route == INTRATHECAL:
                (left,), (share,) = _between(self.z_cm, np.array([z_cm]))
                entry[self._first(CSF) + left] = 1.0 - share
                entry[self._first(CSF) + min(left + 1, self.canal.cells - 1)] += share
                return entry
            width = sqrt(2.0) * self.epidural_spread_cm
            below = np.array([erf((edge - z_cm) / width) for edge in self.canal.edges_cm])
            first = self._first(EPIDURAL)
            entry[first : first + self.canal.cells] = np.diff(below) / (below[-1] - below[0])
            return entry
        state = {INTRAVENOUS: PLASMA, ORAL: GUT}.get(route)
        if state is None:
            known = ", ".join((INTRATHECAL, EPIDURAL_ROUTE, INTRAVENOUS, ORAL))
            raise ValueError(f'"{route}" is no route: give one of {known}')
        entry[self._index(state)] = 1.0
        return entry

    def slug(self, z_cm: float, volume_mL: float) -> Array:
        """The share (n, 0 to 1) of each state that lies in the ``volume_mL`` of fluid around ``z_cm``.

        As much fluid above ``z_cm`` as below, moved along where an end of the canal is nearer. Raises `ValueError` for a
        place outside the canal, or for more fluid than it holds.
        """
        self._check_inside(z_cm)
        inside = self.canal.csf_volume_mL
        below = np.concatenate([[0.0], np.cumsum(inside)])
        if not 0 <= volume_mL <= below[-1]:
            raise ValueError(f"volume_mL is {volume_mL:g}: the canal holds {below[-1]:.1f} mL")
        start = float(np.interp(z_cm, self.canal.edges_cm, below)) - 0.5 * volume_mL
        start = min(max(start, 0.0), below[-1] - volume_mL)
        taken = np.diff(np.clip(below, start, start + volume_mL)) / inside
        shares = np.zeros(len(self.states))
        first = self._first(CSF)
        shares[first : first + self.canal.cells] = np.clip(taken, 0.0, 1.0)
        return shares

    def _check_inside(self, z_cm: float) -> None:
        if not 0 <= z_cm <= self.canal.length_cm:
            raise ValueError(
                f"z_cm is {z_cm:g}: the canal runs from 0 to {self.canal.length_cm:.2f} cm below the top of C1"
            )

    def _index(self, state: str) -> int:
        if state not in self.states:
            raise ValueError(f"{self.drug} has no {state} in this model: give another route")
        return self.states.index(state)

    def _first(self, layer: str) -> int:
        return self._index(f"{layer} 0")


def _between(points: Array, places_cm: Array) -> tuple[Index, Array]:
    """The points at or before ``places_cm`` (k), how far towards the next these lie (0 to 1); the ends hold beyond themselves."""
    at = np.interp(places_cm, points, np.arange(points.size))
    left = at.astype(np.intp)
    return left, at - left


def build_system(
    drug: Drug, catalogue: Catalogue, height_cm: float, weight_kg: float, cells: int = DEFAULT_CELLS
) -> LinearSystem:
    """The system of ``drug`` in a patient of ``height_cm`` and ``weight_kg``, with ``cells`` cells along the canal."""
    return build_systems([drug], catalogue, height_cm, weight_kg, cells)[0]


def build_systems(
    drugs: Sequence[Drug], catalogue: Catalogue, height_cm: float, weight_kg: float, cells: int = DEFAULT_CELLS
) -> list[LinearSystem]:
    """The systems of several ``drugs`` in one patient, who has one canal."""
    moving, spread = moving_fluid(catalogue, height_cm, cells), catalogue.physiology.epidural_spread.canonical
    found = []
    for drug in drugs:
        layers = dict(zip((CORD, EPIDURAL), drug_layers(drug.csf), strict=True))
        spine = assemble(*moving, layers, Cranium.of(catalogue.physiology, loss_per_s(drug.csf)))
        body = build_body(drug, catalogue.physiology, weight_kg)
        sites = effect_sites(drug, catalogue.relief)
        found.append(couple(drug.name, spine, body, drug.csf_plasma_ratio.canonical, spread, sites))
    return found


def tracer_system(tracer: Tracer, catalogue: Catalogue, height_cm: float, cells: int = DEFAULT_CELLS) -> LinearSystem:
    """The system of a ``tracer``: fluid alone, left with the fluid that is absorbed; the blood gives nothing back."""
    spine = build_neuraxis(catalogue, height_cm, {}, 0.0, cells)
    return couple(tracer.name, spine, None, 0.0, catalogue.physiology.epidural_spread.canonical)


def build_neuraxis(
    catalogue: Catalogue, height_cm: float, layers: Mapping[str, Layer], loss_per_s: float, cells: int
) -> Neuraxis:
    """The neuraxis of a patient of ``height_cm``; dispersion is the catalogue's, at the motion of its physiology."""
    return assemble(*moving_fluid(catalogue, height_cm, cells), layers, Cranium.of(catalogue.physiology, loss_per_s))


def moving_fluid(catalogue: Catalogue, height_cm: float, cells: int) -> tuple[Canal, Array, Array]:
    """The canal of a patient, and dispersion (cm2/s) and flow (mL/s) of its fluid at every face: what all drugs share."""
    canal, physiology = build_canal(catalogue.anatomy, height_cm, cells), catalogue.physiology
    spreading = dispersion(physiology, load_catalogue().physiology, canal)
    return canal, spreading, spinal_flow(physiology, canal)


def couple(
    name: str,
    spine: Neuraxis,
    body: Body | None,
    csf_plasma_ratio: float,
    epidural_spread_cm: float,
    effects: Sequence[EffectSite] = (),
) -> LinearSystem:
    """``spine`` and ``body`` as one system: what the spine loses reaches plasma, and plasma gives it back.

    What comes back keeps the fluid, left alone, at ``csf_plasma_ratio`` times the concentration of plasma. Without a body,
    what the spine loses is eliminated. ``effects`` follow their fluids.
    """
    joined = _join(spine, body, csf_plasma_ratio) if body is not None else _alone(spine)
    canal, parents, own = spine.canal, len(spine.states), len(joined.states)
    joined = joined.followed(
        effects,
        [
            joined.row(site.fluid) if isinstance(site.fluid, str) else _stretch(canal, joined.states, *site.fluid)
            for site in effects
        ],
    )
    names, copies = joined.states, [_effect(site) for site in effects]
    masks = {part: np.zeros(len(names), dtype=bool) for part in (*LAYERS, BODY)}
    for part in LAYERS:
        masks[part][:parents] = spine.mask(part)
    masks[CSF][[names.index(box) for box in (CISTERNA, CRANIAL) if box in names]] = True
    masks[BODY][parents:own] = [state != METABOLITE for state in names[parents:own]]
    boxes = {state: joined.row(state) for state in (CISTERNA, PLASMA) if state in names}
    system = LinearSystem(
        drug=name,
        states=names,
        generator=matrix(joined.entries, len(names)),
        sinks={ELIMINATED: joined.eliminated},
        parts=masks,
        z_cm=canal.centres_cm,
        levels=canal.levels,
        sites=boxes,
        effects={site.name: joined.row(copy) for site, copy in zip(effects, copies, strict=True)},
        metabolite_row=joined.row(METABOLITE) if METABOLITE in names else None,
        weights=joined.weights(float(canal.csf_volume_mL.min())),
        canal=canal,
        epidural_spread_cm=epidural_spread_cm,
    )
    levels = dict(zip(canal.sites_cm, system._tip_rows(list(canal.sites_cm.values())), strict=True))
    return replace(system, sites={**levels, **boxes})


@dataclass(frozen=True)
class _Joined:
    """The states of spine and body; ``level`` is each one's concentration when that of the fluid is 1.

    ``entries`` are those of the generator, in parts.
    """

    states: tuple[str, ...]
    entries: tuple[Entries, ...]
    eliminated: Array
    capacity_mL: Array
    level: Array

    def row(self, state: str) -> Array:
        """Amounts to the concentration in ``state``."""
        row, place = np.zeros(len(self.states)), self.states.index(state)
        row[place] = 1.0 / self.capacity_mL[place]
        return row

    def followed(self, sites: Sequence[EffectSite], fluids: Sequence[Array]) -> _Joined:
        """The same and a state for each of ``sites``, which follow the concentrations ``fluids`` (n each, never negative)."""
        found, size, capacities_mL, levels = list(self.entries), len(self.states), [], []
        for place, (site, fluid) in enumerate(zip(sites, fluids, strict=True), size):
            capacity_mL, per_s, seen = 1.0 / fluid.max(), log(2.0) / site.half_life_s, np.flatnonzero(fluid)
            here = np.full(seen.size + 1, place)
            found.append((here, np.append(seen, place), np.append(per_s * capacity_mL * fluid[seen], -per_s)))
            capacities_mL.append(capacity_mL)
            levels.append(self.level[fluid.argmax()])
        return _Joined(
            states=(*self.states, *(_effect(site) for site in sites)),
            entries=tuple(found),
            eliminated=np.append(self.eliminated, np.zeros(len(sites))),
            capacity_mL=np.append(self.capacity_mL, capacities_mL),
            level=np.append(self.level, levels),
        )

    def weights(self, cell_mL: float) -> Array:
        """The amounts at rest, kept within reach of that in one cell of fluid: some layer may be all but empty."""
        lowest, highest = WEIGHT_RANGE
        return np.asarray(np.clip(self.capacity_mL / self.level, lowest * cell_mL, highest * cell_mL))


def _alone(spine: Neuraxis) -> _Joined:
    return _Joined(spine.states, (spine.entries,), spine.to_blood, spine.capacity_mL, np.ones(len(spine.states)))


def _join(spine: Neuraxis, body: Body, csf_plasma_ratio: float) -> _Joined:
    size, extra, plasma = len(spine.states), len(body.states), body.states.index(PLASMA)
    returning = spine.from_blood * (csf_plasma_ratio / body.capacity_mL[plasma])
    own, (rows, columns) = body.generator.copy(), np.indices((extra, extra))
    own[plasma, plasma] -= returning.sum()
    every, blood = np.arange(size), np.full(size, size + plasma)
    return _Joined(
        states=spine.states + body.states,
        entries=(
            spine.entries,
            (blood, every, spine.to_blood),
            (every, blood, returning),
            (size + rows.ravel(), size + columns.ravel(), own.ravel()),
        ),
        eliminated=np.concatenate([np.zeros(size), body.eliminated]),
        capacity_mL=np.concatenate([spine.capacity_mL, body.capacity_mL]),
        level=np.concatenate([np.ones(size), np.full(extra, csf_plasma_ratio or 1.0)]),
    )


def _effect(site: EffectSite) -> str:
    """The name of the state that is the effect site."""
    return f"effect {site.name}"


def _stretch(canal: Canal, states: tuple[str, ...], top: str, bottom: str) -> Array:
    """The row (n) of the mean concentration of the fluid from the top of one level to the bottom of another."""
    ends, below = {}, 0.0
    for level, middle in canal.sites_cm.items():
        ends[level] = (below, 2.0 * middle - below)
        below = ends[level][1]
    inside = np.clip(canal.edges_cm, ends[top][0], ends[bottom][1])
    shares = np.diff(inside) / np.diff(canal.edges_cm)
    row, first = np.zeros(len(states)), states.index(f"{CSF} 0")
    row[first : first + canal.cells] = shares / (shares @ canal.csf_volume_mL)
    return row
