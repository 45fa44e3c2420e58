"""What a cohort leaves on disk: parts while it runs, and in the end a table of outcomes, the bands, and how it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from intrathecal.cohort.bands import Bands, Scale
from intrathecal.flow import Array
from intrathecal.simulation.files import replacing

if TYPE_CHECKING:
    from intrathecal.cohort.outcomes import Row
    from intrathecal.cohort.running import Chunk

PARTS, HISTOGRAMS = "parts", "histograms.npz"
OUTCOMES, BANDS = "outcomes.parquet", "bands.nc"
#: Rows that are written together: enough that what the file says of itself is small beside them.
TOGETHER = 8192
DIGEST_BYTES = 16


class Keeping:
    """A folder with the parts of one cohort: ``finished`` has the patients of each chunk that is in it, by the first of them.

    ``key`` says which cohort it is: parts of another one are thrown away. A part that is not what was written is done again.
    """

    def __init__(self, folder: Path, key: str, times_s: Array, traces: Sequence[Scale]) -> None:
        self.folder, self.key = folder, key
        self.bands = Bands(times_s, traces)
        self.finished: dict[int, int] = {}
        self._digests: dict[int, bytes] = {}
        # Chunks whose bands are counted: those of a part that is damaged are not counted twice.
        self._counted: set[int] = set()
        (folder / PARTS).mkdir(parents=True, exist_ok=True)
        if not self._load():
            self._remove_parts()

    @property
    def patients(self) -> int:
        """How many patients are in it."""
        return sum(self.finished.values())

    def add(self, chunk: Chunk) -> None:
        """Write a chunk's part, and count its bands."""
        with replacing(self._part(chunk.first)) as file:
            file.write_bytes(chunk.table)
        self._digests[chunk.first] = _digest(chunk.table)
        if chunk.first not in self._counted:
            self.bands.add(chunk.bins)
            self._counted.add(chunk.first)
        self.finished[chunk.first] = chunk.patients

    def save(self) -> None:
        """Save the histograms with the names of the chunks that are in them: what is not among them is done again."""
        counted = sorted(self._counted)
        with replacing(self.folder / PARTS / HISTOGRAMS) as file, file.open("wb") as out:
            np.savez(
                out,
                counts=self.bands.counts,
                first=np.array(counted, dtype=np.int64),
                size=np.array([self.finished.get(first, 0) for first in counted], dtype=np.int64),
                digest=np.frombuffer(
                    b"".join(self._digests.get(first, bytes(DIGEST_BYTES)) for first in counted), dtype=np.uint8
                ),
                whose=np.frombuffer(self.key.encode(), dtype=np.uint8),
            )

    def finish(self) -> list[Path]:
        """Join the parts into the table of outcomes, write the bands, and give the files that were written."""
        from pyarrow import parquet

        table, bands = self.folder / OUTCOMES, self.folder / BANDS
        firsts = sorted(self.finished)
        with replacing(table) as file:
            schema = _schema(self._part(first) for first in firsts)
            with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
                for several in self._together(firsts):
                    writer.write_table(_joined([self._part(first) for first in several], schema))
        with replacing(bands) as file:
            self.bands.dataset().to_netcdf(file, engine="h5netcdf")
        return [table, bands]

    def clear(self) -> None:
        """Throw the parts away, once the whole is written."""
        self._remove_parts()
        with suppress(OSError):
            (self.folder / PARTS).rmdir()

    def _together(self, firsts: Sequence[int]) -> Iterator[list[int]]:
        """Chunks that are written together, as the number of their rows says."""
        several: list[int] = []
        for first in firsts:
            several.append(first)
            if sum(self.finished[one] for one in several) >= TOGETHER:
                yield several
                several = []
        if several:
            yield several

    def _remove_parts(self) -> None:
        """Only what a cohort wrote: the folder may have been somebody else's before."""
        for pattern in ("[0-9]*.arrow", "[0-9]*.arrow.*.part", f"{HISTOGRAMS}*"):
            for old in (self.folder / PARTS).glob(pattern):
                old.unlink()

    def _load(self) -> bool:
        """Take up what an earlier run of the same cohort saved, whether there is any."""
        try:
            with (self.folder / PARTS / HISTOGRAMS).open("rb") as file, np.load(file, allow_pickle=False) as saved:
                whose = saved["whose"].tobytes().decode()
                counts, first, size = saved["counts"], saved["first"].tolist(), saved["size"].tolist()
                digests = [digest.tobytes() for digest in saved["digest"].reshape(-1, DIGEST_BYTES)]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return False
        if whose != self.key or counts.shape != self.bands.counts.shape:
            return False
        self.bands.counts[:] = counts
        for chunk, patients, digest in zip(first, size, digests, strict=True):
            self._counted.add(chunk)
            if _digest(_bytes(self._part(chunk))) == digest:
                self.finished[chunk], self._digests[chunk] = patients, digest
        return True

    def _part(self, first: int) -> Path:
        return self.folder / PARTS / f"{first:09d}.arrow"


def key_of(*parts: object) -> str:
    """What tells one cohort from another."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def table_of(rows: Sequence[Row]) -> bytes:
    """Rows as a table of Arrow; what a row does not have is null."""
    import pyarrow as pa

    names = dict.fromkeys(name for row in rows for name in row)
    table = pa.table({name: [row.get(name) for row in rows] for name in names})
    written = BytesIO()
    with pa.ipc.new_stream(written, table.schema) as stream:
        stream.write_table(table)
    return written.getvalue()


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


def _digest(part: bytes) -> bytes:
    return hashlib.blake2b(part, digest_size=DIGEST_BYTES).digest()


def _bytes(file: Path) -> bytes:
    """What is in a file; nothing where it cannot be read."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _schema(parts: Iterable[Path]) -> Any:
    """One schema for all parts: a column that has nothing in one of them takes its kind from another."""
    import pyarrow as pa

    known: list[Any] = []
    for part in parts:
        schema = pa.ipc.open_stream(part.read_bytes()).schema
        if schema not in known:
            known.append(schema)
    return pa.unify_schemas(known, promote_options="permissive")


def _joined(parts: Iterable[Path], schema: Any) -> Any:
    import pyarrow as pa

    tables = (pa.ipc.open_stream(part.read_bytes()).read_all() for part in parts)
    return pa.concat_tables([_as(table, schema) for table in tables]).combine_chunks()


def _as(table: Any, schema: Any) -> Any:
    import pyarrow as pa

    rows = table.num_rows
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
