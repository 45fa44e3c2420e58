"""Where the drug goes: fluid, cord and epidural space along the canal, and the cranium above it."""

from intrathecal.spine.canal import DEFAULT_CELLS, Canal, build_canal
from intrathecal.spine.dispersion import Motion, closure, dispersion
from intrathecal.spine.fluid import Cranium, spinal_flow
from intrathecal.spine.layers import Layer, drug_layers, loss_per_s
from intrathecal.spine.neuraxis import (
    CISTERNA,
    CORD,
    CRANIAL,
    CSF,
    EPIDURAL,
    Entries,
    Neuraxis,
    assemble,
    entries,
    matrix,
)

__all__ = [
    "CISTERNA",
    "CORD",
    "CRANIAL",
    "CSF",
    "DEFAULT_CELLS",
    "EPIDURAL",
    "Canal",
    "Cranium",
    "Entries",
    "Layer",
    "Motion",
    "Neuraxis",
    "assemble",
    "build_canal",
    "closure",
    "dispersion",
    "drug_layers",
    "entries",
    "loss_per_s",
    "matrix",
    "spinal_flow",
]
