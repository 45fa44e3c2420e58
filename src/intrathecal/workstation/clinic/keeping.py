"""All records in one file, and back from it; the kind of database does not matter.

The file is gzip of JSON lines: a head (format, version, what made it and when), one line for each record, and a last line with
their number and the SHA-256 of every line before it. It holds all that the database holds but sessions: with the accounts and the
audit trail, whose seals are tried when the records are back.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core import serializers
from django.core.management.color import no_style
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model
from django.utils import timezone

from intrathecal import __version__
from intrathecal.quantities import InputError
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Head, Patient, User

FORMAT, VERSION = "intrathecal backup", 1
#: Records that are held in memory at a time.
CHUNK = 500
ALL = "all records"


class KeepingError(InputError):
    """A backup that cannot be written, read or brought back."""


def models() -> list[type[Model]]:
    """Everything that is kept: all tables of the program but sessions."""
    return [model for model in apps.get_models() if model is not Session and model._meta.managed]


def _between() -> list[type[Model]]:
    """Tables that only join others; their rows are kept with one of these."""
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.auto_created]


def backup(path: Path) -> int:
    """Write all records into ``path``, readable by its owner alone; give their number. A file there is replaced at the end."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    digest, count = hashlib.sha256(), 0
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
        with gzip.GzipFile("", "wb", fileobj=raw) as file, _unchanging():
            for line in _lines():
                digest.update(line)
                file.write(line)
                count += 1
            count -= 1  # the head is no record
            file.write(_line({"records": count, "sha256": digest.hexdigest()}))
        raw.flush()
        os.fsync(raw.fileno())
    part.replace(path)
    trail.happened(f"backup made: {count} records", Head, ALL)
    return count


def restore(path: Path, replace: bool = False) -> int:
    """Bring the records of ``path`` into the database; give their number. With ``replace``, what is there is given up for them.

    Raises `KeepingError` when the file is not whole, is of another version, or the database has records already; then nothing
    is changed.
    """
    head, count = check(path)
    if not replace and (User.objects.exists() or Patient.objects.exists()):
        raise KeepingError("the database has records already; name an empty one, or add --replace to give them up")
    missing = sorted(set(head["migrations"]) - set(_migrations()))
    if missing:
        raise KeepingError(
            f"{path}: is of a newer program ({head['program']}; {missing[0]}); use that one to restore it"
        )
    last = Head.objects.filter(pk=1).first() or Head()
    given_up = f"the trail before ended at line {last.number}, seal {last.digest or 'none'}"
    try:
        with transaction.atomic():
            for model in (*models(), *_between()):
                model._base_manager.all()._raw_delete(connection.alias)
            _load(path)
            connection.check_constraints()
            problem = next(trail.verify(), None)
            if problem:
                raise KeepingError(f"{path}: the audit trail in it was changed ({problem})")
            _count_on()
            ContentType.objects.clear_cache()
            trail.happened(f"restored from a backup of {head['made_at']}: {count} records; {given_up}", Head, ALL)
    except (serializers.base.DeserializationError, IntegrityError) as problem:
        raise KeepingError(f"{path}: its records do not fit this program ({problem})") from None
    return count


def check(path: Path) -> tuple[dict[str, Any], int]:
    """The head of a backup and the number of its records; raises `KeepingError` when it is not whole."""
    digest, count, head, last = hashlib.sha256(), -1, None, b""
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                if last:
                    digest.update(last)
                head = head or json.loads(line)
                count, last = count + 1, line
        told = json.loads(last or b"null")
    except (EOFError, gzip.BadGzipFile, ValueError) as problem:
        raise KeepingError(f"{path}: is no whole backup ({problem}); take another copy") from None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise KeepingError(f"{path}: is no backup of this program; write one with: intrathecal backup FILE")
    if head.get("version") != VERSION:
        raise KeepingError(
            f"{path}: is a backup of version {head.get('version')}; this program reads version {VERSION}"
        )
    if not isinstance(told, dict) or told != {"records": count - 1, "sha256": digest.hexdigest()}:
        raise KeepingError(f"{path}: does not match its checksum; take another copy")
    return head, count - 1


def _lines() -> Iterator[bytes]:
    made = timezone.now().isoformat()
    yield _line(
        {"format": FORMAT, "version": VERSION, "program": __version__, "made_at": made, "migrations": _migrations()}
    )
    for model in models():
        rows = model._base_manager.order_by("pk").iterator(chunk_size=CHUNK)
        while some := list(islice(rows, CHUNK)):
            for plain in serializers.serialize("python", some):
                yield _line(plain)


def _line(what: dict[str, Any]) -> bytes:
    return (json.dumps(what, default=_plain, sort_keys=True) + "\n").encode()


def _plain(value: Any) -> str:
    """Moments with all their digits: the seals of the audit trail are over them."""
    return str(value.isoformat() if isinstance(value, date | time) else value)


def _load(path: Path) -> None:
    """Add every record as it was, with its key and without being written down as new."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        next(file)
        for line in file:
            plain = json.loads(line)
            if "model" in plain:
                for record in serializers.deserialize("python", [plain]):
                    record.save(force_insert=True)


def _migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationLoader(connection).applied_migrations)


def _count_on() -> None:
    """New records get keys after those that were brought back."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models()):
            cursor.execute(statement)


@contextmanager
def _unchanging() -> Iterator[None]:
    """One moment of the database, while others go on writing."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        isolated = " ISOLATION LEVEL REPEATABLE READ" if connection.vendor == "postgresql" else ""
        cursor.execute(f"BEGIN{isolated}")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
