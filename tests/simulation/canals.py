"""Straight canals for the exact solutions, built and coupled by the product's own functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

from intrathecal.simulation.system import LinearSystem, couple
from intrathecal.spine import CSF, DEFAULT_CELLS, Canal, Cranium, Layer, assemble, entries

Array = NDArray[np.float64]

#: The product's default mesh: this many cells in this length.
LENGTH_CM = 66.0
CELLS = DEFAULT_CELLS
AREA = 1.3


def straight(cells: int, length: float = LENGTH_CM) -> Canal:
    """A canal of constant areas."""
    edges, ones = np.linspace(0.0, length, cells + 1), np.ones(cells)
    return Canal(
        edges_cm=edges,
        csf_area_cm2=np.full(cells + 1, AREA),
        tissue_area_cm2=np.full(cells + 1, 0.5),
        csf_volume_mL=AREA * length / cells * ones,
        tissue_volume_mL=0.5 * length / cells * ones,
        epidural_volume_mL=0.8 * length / cells * ones,
        levels=("C1",) * cells,
        sites_cm={"C1": 0.5 * length},
    )


def system(
    canal: Canal,
    dispersion: float,
    loss: float = 0.0,
    *,
    speed: float = 0.0,
    layers: Mapping[str, Layer] | None = None,
    cranium: Cranium | None = None,
) -> LinearSystem:
    """``canal`` with constant dispersion and speed, whose fluid itself loses drug at ``loss``."""
    faces = np.full(canal.cells + 1, dispersion)
    spine = assemble(canal, faces, AREA * speed * np.ones(canal.cells + 1), layers or {}, cranium)
    lost = loss * spine.mask(CSF)
    generator = sparse.csr_array(spine.generator - sparse.diags_array(lost).tocsr())
    return couple("test", replace(spine, entries=entries(generator), to_blood=spine.to_blood + lost), None, 0.0, 2.5)


def steady(built: LinearSystem, push: Array) -> Array:
    """The states at rest under a constant ``push`` (ug/s)."""
    return np.asarray(spsolve(-built.generator.tocsc(), push))


def misfit(built: LinearSystem, found: Array, right: Array, place: float | None) -> float:
    """Relative L2 difference of two profiles, three cells around the source left out."""
    far = np.ones(right.size, bool) if place is None else np.abs(built.z_cm - place) > 3.0 * built.canal.spacing_cm
    return float(np.linalg.norm((found - right)[far]) / np.linalg.norm(right[far]))
