"""The spinal canal cut into cells along z, the distance below the top of C1 (at rest, lying down)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Anatomy

Array = NDArray[np.float64]

MM2_PER_CM2 = 100.0
#: Cells from C1 to the end of the sac: 4.4 mm in a reference adult.
DEFAULT_CELLS = 150


@dataclass(frozen=True)
class Canal:
    """A canal of N cells of equal length; cell 0 touches the cisterna magna, cell N - 1 is the end of the sac.

    ``edges_cm`` and the areas at the faces have N + 1 values, volumes and ``levels`` have N. The tissue is the cord down to
    L1 and the roots of the cauda equina below. ``sites_cm`` are the middles of the levels.
    """

    edges_cm: Array
    csf_area_cm2: Array
    tissue_area_cm2: Array
    csf_volume_mL: Array
    tissue_volume_mL: Array
    epidural_volume_mL: Array
    levels: tuple[str, ...]
    sites_cm: dict[str, float]

    @property
    def cells(self) -> int:
        """N."""
        return self.edges_cm.size - 1

    @property
    def spacing_cm(self) -> float:
        """The length of one cell."""
        return float(self.edges_cm[-1] - self.edges_cm[0]) / self.cells

    @property
    def centres_cm(self) -> Array:
        """The middle of every cell (N)."""
        return 0.5 * (self.edges_cm[:-1] + self.edges_cm[1:])

    @property
    def length_cm(self) -> float:
        """From the top of C1 to the end of the sac."""
        return float(self.edges_cm[-1])

    def tissue_perimeter_cm(self) -> Array:
        """Perimeter (N) of the tissue in every cell, taken as one circle of its mean area."""
        return np.asarray(2.0 * np.sqrt(np.pi * self.tissue_volume_mL / self.spacing_cm))

    def dural_perimeter_cm(self) -> Array:
        """Perimeter (N) of the dura in every cell, taken as a circle around CSF and tissue."""
        return np.asarray(2.0 * np.sqrt(np.pi * (self.csf_volume_mL + self.tissue_volume_mL) / self.spacing_cm))


def build_canal(anatomy: Anatomy, height_cm: float, cells: int = DEFAULT_CELLS) -> Canal:
    """Cut the canal of a person of ``height_cm`` into ``cells``.

    Lengths scale with height; areas do not. Areas run linearly between the middles of the levels and are constant beyond
    the first and the last; the volume of a cell is the integral of that area. Raises `ValueError` for a height or a number
    of cells that makes no canal.
    """
    if not height_cm > 0:
        raise ValueError(f"height_cm is {height_cm}: give a height above zero")
    if cells < len(anatomy.levels):
        raise ValueError(
            f"{cells} cells are fewer than the {len(anatomy.levels)} levels: take at least one cell a level"
        )
    scale = height_cm / anatomy.reference_height.canonical
    lengths = scale * np.array([level.length_cm for level in anatomy.levels])
    bottoms = np.cumsum(lengths)
    middles = bottoms - 0.5 * lengths
    edges = np.linspace(0.0, bottoms[-1], cells + 1)
    centres = 0.5 * (edges[:-1] + edges[1:])
    csf = np.array([level.csf_mm2 for level in anatomy.levels]) / MM2_PER_CM2
    tissue = np.array([level.tissue_mm2 for level in anatomy.levels]) / MM2_PER_CM2
    names = tuple(level.name for level in anatomy.levels)
    return Canal(
        edges_cm=edges,
        csf_area_cm2=np.interp(edges, middles, csf),
        tissue_area_cm2=np.interp(edges, middles, tissue),
        csf_volume_mL=_volumes(edges, middles, csf),
        tissue_volume_mL=_volumes(edges, middles, tissue),
        epidural_volume_mL=np.diff(edges) * anatomy.epidural_area.canonical,
        levels=tuple(names[index] for index in np.searchsorted(bottoms[:-1], centres)),
        sites_cm=dict(zip(names, middles.tolist(), strict=True)),
    )


def _volumes(edges: Array, middles: Array, areas: Array) -> Array:
    """The integral over every cell of the area that runs linearly between ``middles`` and is constant beyond them."""
    knots = np.unique(np.concatenate([edges, middles]))
    values = np.interp(knots, middles, areas)
    below = np.concatenate([[0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * np.diff(knots))])
    return np.diff(below[np.searchsorted(knots, edges)])
