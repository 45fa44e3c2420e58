"""A run saved between two days, and taken up again bit for bit on the same machine and versions."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from intrathecal.quantities import InputError
from intrathecal.simulation.files import replacing
from intrathecal.simulation.reached import Case, Reached
from intrathecal.simulation.run import by_all_modes

MAGIC = b"intrathecal checkpoint 2\n"
#: What a saved run may be made of besides this project's dataclasses; anything else in a file is refused, never run.
ALLOWED: dict[tuple[str, str], str] = {
    ("fractions", "Fraction"): "exact volumes and rates",
    ("numpy", "ndarray"): "arrays",
    ("numpy", "dtype"): "arrays",
    ("numpy._core.multiarray", "_reconstruct"): "arrays",
    ("numpy._core.multiarray", "scalar"): "arrays",
    ("numpy._core.numeric", "_frombuffer"): "arrays",
    ("_codecs", "encode"): "bytes of arrays",
}


class CheckpointError(InputError):
    """A file that is no checkpoint of this run: the message says why and what to do."""


def save(case: Case, reached: Reached, path: Path) -> None:
    """Write everything that the next day needs."""
    body = pickle.dumps((fingerprint(case), reached), protocol=5)
    with replacing(path) as file:
        file.write_bytes(MAGIC + hashlib.sha256(body).digest() + body)


def taken_up(case: Case, path: Path) -> tuple[Case, Reached]:
    """A saved run of ``case`` with the case that goes on with it: by few modes, or by all where it was run anew by all.

    Raises `CheckpointError`.
    """
    try:
        return case, load(case, path)
    except CheckpointError as problem:
        exact = by_all_modes(case)
        try:
            return exact, load(exact, path)
        except CheckpointError:
            raise problem from None


def load(case: Case, path: Path) -> Reached:
    """Read a run of the same therapy and sampling. Raises `CheckpointError`."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise CheckpointError(
            f"{path}: cannot be read ({problem.strerror}); name a file that --checkpoint wrote"
        ) from None
    digest, body = content[len(MAGIC) : len(MAGIC) + 32], content[len(MAGIC) + 32 :]
    if not content.startswith(MAGIC) or hashlib.sha256(body).digest() != digest:
        raise CheckpointError(f"{path}: is no checkpoint, or is damaged; name a file that --checkpoint wrote")
    try:
        print_saved, reached = _Reader(io.BytesIO(body)).load()
    except (pickle.UnpicklingError, AttributeError, TypeError, ImportError, EOFError, IndexError, ValueError):
        raise CheckpointError(f"{path}: was written by another version; run the therapy from its start") from None
    if print_saved != fingerprint(case) or not isinstance(reached, Reached):
        raise CheckpointError(
            f"{path}: is of another therapy, catalogue, seed, --every or version, or was written with --data where there is none "
            "now or the other way round; resume with the file and options that it was written with (only the number of days may "
            "differ)"
        )
    return reached


def fingerprint(case: Case) -> str:
    """What must be the same for a run to be taken up: all but how long it lasts."""
    from intrathecal import __version__

    simulation = replace(case.therapy.simulation, days=Fraction(1))
    same = (
        replace(case.therapy, simulation=simulation, file=""),
        case.every_ms,
        case.profiles,
        [channel.propagator.method for channel in case.channels],
        __version__,
        np.__version__,
    )
    return hashlib.sha256(repr(same).encode()).hexdigest()


class _Reader(pickle.Unpickler):
    """Makes nothing but this project's dataclasses, fractions and arrays."""

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        if (module, name) in ALLOWED:
            found = getattr(import_module(module), name)
        elif module.startswith("intrathecal.") and "." not in name:
            found = getattr(import_module(module), name)
            if not (isinstance(found, type) and is_dataclass(found)):
                raise pickle.UnpicklingError(f"{module}.{name} is not part of a checkpoint")
        else:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of a checkpoint")
        return found  # type: ignore[no-any-return]
