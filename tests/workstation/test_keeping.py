"""A backup brings back every record, whatever the database; one that is not whole brings back nothing."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from auditlog.models import LogEntry
from tests.workstation.postgres import Cluster

from intrathecal.workstation import demo
from intrathecal.workstation.clinic import keeping, trail
from intrathecal.workstation.clinic.keeping import KeepingError
from intrathecal.workstation.clinic.models import Patient, Program, User

FILL = """
from intrathecal.workstation.server import prepare
prepare()
from intrathecal.workstation.demo import make
list(make())
"""
pytestmark = pytest.mark.django_db


def records(file: Path) -> list[str]:
    """The lines of a backup without its head (when and what made it) and its end."""
    with gzip.open(file, "rt") as lines:
        return sorted(lines.read().splitlines()[1:-1])


def without_trail(file: Path) -> list[str]:
    """The same without the audit trail, to which every backup and restore adds a line."""
    trail_of = ("auditlog.logentry", "clinic.link", "clinic.head")
    return [line for line in records(file) if json.loads(line)["model"] not in trail_of]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A backup of the demonstration."""
    list(demo.make())
    trail.viewed(Patient.objects.all()[0], "GET patient")
    file = tmp_path / "clinic.backup"
    assert keeping.backup(file) == len(records(file))
    return file


def test_what_was_lost_is_back(kept: Path, tmp_path: Path) -> None:
    """Every record as it was, to the microsecond, with the seals of the audit trail; and nothing of what came after."""
    written = list(Program.objects.order_by("pk").values_list("pk", "written_at"))
    Program.objects.all().delete()
    User.objects.create_user("later", role="nurse")
    keeping.restore(kept, replace=True)
    keeping.backup(tmp_path / "again")
    again = set(records(tmp_path / "again"))
    assert without_trail(tmp_path / "again") == without_trail(kept)
    assert [line for line in records(kept) if line not in again and '"clinic.head"' not in line] == []
    assert len(again) == len(records(kept)) + 2, "one line of the trail, and its seal"
    restored = LogEntry.objects.filter(additional_data__event__startswith="restored from a backup of ").get()
    assert f"{len(records(kept))} records; the trail before ended at line" in restored.additional_data["event"]
    assert list(Program.objects.order_by("pk").values_list("pk", "written_at")) == written
    assert list(trail.verify()) == []
    assert User.objects.get(username="nurse").check_password(demo.people.PASSWORD)
    User.objects.create_user("new", role="nurse")  # a key after those that were brought back
    assert list(trail.verify()) == []


def test_only_its_owner_reads_a_backup(kept: Path) -> None:
    """It holds every patient."""
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_records_are_not_overwritten_by_chance(kept: Path) -> None:
    """Whoever wants that says so."""
    with pytest.raises(KeepingError, match="has records already; name an empty one, or add --replace"):
        keeping.restore(kept)


@pytest.mark.parametrize("damage", ["cut", "bit", "line", "none of ours", "empty"])
def test_a_damaged_backup_changes_nothing(damage: str, kept: Path) -> None:
    """It says so in one sentence before the database is touched."""
    count, whole = Patient.objects.count(), kept.read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    middle = len(whole) // 2
    kept.write_bytes(
        {
            "cut": whole[:middle],
            "bit": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
            "line": gzip.compress(b"".join(lines[:5] + lines[6:])),
            "none of ours": gzip.compress(b'{"a": 1}\n{}\n'),
            "empty": b"",
        }[damage]
    )
    with pytest.raises(KeepingError):
        keeping.restore(kept, replace=True)
    assert Patient.objects.count() == count


def test_a_trail_that_was_changed_is_not_brought_back(kept: Path, tmp_path: Path) -> None:
    """Even when the checksum of the file is right."""
    line = LogEntry.objects.order_by("pk")[3]
    LogEntry.objects.filter(pk=line.pk).update(object_repr="somebody else")
    keeping.backup(tmp_path / "changed")
    with pytest.raises(KeepingError, match="audit trail in it was changed"):
        keeping.restore(tmp_path / "changed", replace=True)


def test_a_newer_backup_is_refused(kept: Path, tmp_path: Path) -> None:
    """A program that does not know its records leaves it alone."""
    lines = gzip.decompress(kept.read_bytes()).splitlines(keepends=True)
    head = json.loads(lines[0])
    newer = tmp_path / "newer"
    for change, said in (
        ({"version": 2}, "of version 2"),
        ({"migrations": ["clinic.9999_later"]}, "of a newer program"),
    ):
        body = json.dumps(head | change).encode() + b"\n" + b"".join(lines[1:-1])
        last = json.loads(lines[-1]) | {"sha256": hashlib.sha256(body).hexdigest()}
        newer.write_bytes(gzip.compress(body + json.dumps(last).encode() + b"\n"))
        with pytest.raises(KeepingError, match=said):
            keeping.restore(newer, replace=True)


def test_from_sqlite_to_postgresql_and_back(postgres: Cluster, tmp_path: Path) -> None:
    """By the commands, as a clinic does that moves; the audit trail is whole on both."""
    first, third = f"sqlite:///{tmp_path / 'first.sqlite3'}", f"sqlite:///{tmp_path / 'third.sqlite3'}"
    second = postgres.create("moved")
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    run([sys.executable, "-c", FILL], first)
    command("backup", str(one), database=first)
    command("restore", str(one), database=second)
    assert "whole" in command("audit", "verify", database=second)
    command("backup", str(two), database=second)
    command("restore", str(two), database=third)
    command("backup", str(three), database=third)
    assert without_trail(one) == without_trail(two) == without_trail(three)
    assert len(without_trail(one)) > 500
    assert len(records(three)) == len(records(one)) + 4, "two restores: a line and a seal each"
    for database in (second, third):
        command("account", "newcomer", "--role", "nurse", database=database, typed="a long enough password\n")
        assert "whole" in command("audit", "verify", database=database)


def command(*words: str, database: str, typed: str = "") -> str:
    """What ``intrathecal`` says."""
    return run([sys.executable, "-m", "intrathecal", *words], database, typed)


def run(words: list[str], database: str, typed: str = "") -> str:
    """What a process says; it has to end well."""
    environment = os.environ | {"DATABASE_URL": database}
    done = subprocess.run(words, env=environment, input=typed, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
