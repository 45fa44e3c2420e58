"""What a cohort leaves on disk: parts while it runs, and in the end a table of outcomes, the bands, and how it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from intrathecal.cohort.bands import Bands, Scale
from intrathecal.flow import Array
from intrathecal.simulation.files import replacing

if TYPE_CHECKING:
    from intrathecal.cohort.outcomes import Row
    from intrathecal.cohort.running import Chunk

PARTS, HISTOGRAMS, WHOSE = "parts", "histograms.npz", "whose"
OUTCOMES, BANDS = "outcomes.parquet", "bands.nc"


class Keeping:
    """A folder with the parts of one cohort: ``finished`` are the first patients of the chunks that are in it.

    ``key`` says which cohort it is: parts of another one are thrown away.
    """

    def __init__(self, folder: Path, key: str, times_s: Array, traces: Sequence[Scale]) -> None:
        self.folder, self.key = folder, key
        self.bands = Bands(times_s, traces)
        self.finished: dict[int, int] = {}
        self._unsaved: list[tuple[int, int]] = []
        parts = folder / PARTS
        parts.mkdir(parents=True, exist_ok=True)
        if not self._load():
            for old in parts.iterdir():
                old.unlink()

    @property
    def patients(self) -> int:
        """How many patients are in it."""
        return sum(self.finished.values())

    def add(self, chunk: Chunk) -> None:
        """Write a chunk's part, and count its bands."""
        with replacing(self._part(chunk.first)) as file:
            write_rows(chunk.rows, file)
        self.bands.add(chunk.bins)
        self.finished[chunk.first] = len(chunk.rows)

    def save(self) -> None:
        """Save the histograms with the names of the chunks that are in them: what is not among them is done again."""
        with replacing(self.folder / PARTS / HISTOGRAMS) as file, file.open("wb") as out:
            np.savez(
                out,
                counts=self.bands.counts,
                first=np.array(list(self.finished), dtype=np.int64),
                size=np.array(list(self.finished.values()), dtype=np.int64),
                whose=np.frombuffer(self.key.encode(), dtype=np.uint8),
            )

    def finish(self) -> list[Path]:
        """Join the parts into the table of outcomes, write the bands, and give the files that were written."""
        from pyarrow import parquet

        table, bands = self.folder / OUTCOMES, self.folder / BANDS
        with replacing(table) as file:
            schema = _schema([self._part(first) for first in sorted(self.finished)])
            with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
                for first in sorted(self.finished):
                    writer.write_table(_as(parquet.read_table(self._part(first)), schema))
        with replacing(bands) as file:
            self.bands.dataset().to_netcdf(file, engine="h5netcdf")
        return [table, bands]

    def clear(self) -> None:
        """Throw the parts away, once the whole is written."""
        parts = self.folder / PARTS
        for part in parts.iterdir():
            part.unlink()
        parts.rmdir()

    def _load(self) -> bool:
        """Take up what an earlier run of the same cohort saved, whether there is any."""
        try:
            with np.load(self.folder / PARTS / HISTOGRAMS, allow_pickle=False) as saved:
                whose = saved["whose"].tobytes().decode()
                counts, first, size = saved["counts"], saved["first"].tolist(), saved["size"].tolist()
        except (OSError, ValueError, KeyError, EOFError):
            return False
        missing = [chunk for chunk in first if not self._part(chunk).is_file()]
        if whose != self.key or counts.shape != self.bands.counts.shape or missing:
            return False
        self.bands.counts[:] = counts
        self.finished = dict(zip(first, size, strict=True))
        return True

    def _part(self, first: int) -> Path:
        return self.folder / PARTS / f"{first:09d}.parquet"


def key_of(*parts: object) -> str:
    """What tells one cohort from another."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def write_rows(rows: Sequence[Row], file: Path) -> None:
    """Rows as a table of Parquet."""
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(list(rows)), file, compression="zstd")


class _Columns(Mapping[str, Array]):
    def __init__(self, file: Path, names: Sequence[str]) -> None:
        self._file, self._names = file, dict.fromkeys(names)

    def __getitem__(self, name: str) -> Array:
        from pyarrow import parquet

        if name not in self._names:
            raise KeyError(name)
        column: Array = parquet.read_table(self._file, columns=[name])[name].to_numpy()
        return column

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def read_rows(file: Path) -> Mapping[str, Array]:
    """The columns of a table of numbers and texts, by name; each is read when it is asked for, and none is kept."""
    from pyarrow import parquet

    return _Columns(file, parquet.read_schema(file).names)


def write_json(figures: dict[str, Any], file: Path) -> None:
    """Figures beside the table."""
    with replacing(file) as part:
        part.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _schema(parts: Sequence[Path]) -> Any:
    """One schema for all parts: a column that has nothing in one of them takes its kind from another."""
    import pyarrow as pa
    from pyarrow import parquet

    return pa.unify_schemas([parquet.read_schema(part) for part in parts], promote_options="permissive")


def _as(table: Any, schema: Any) -> Any:
    import pyarrow as pa

    rows = table.num_rows
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
