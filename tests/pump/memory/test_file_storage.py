"""The memory as a file: made whole, held by one pump, kept through kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from intrathecal.pump.memory.memory import Memory, MemoryLost
from intrathecal.pump.memory.storage import FileStorage, Storage, StorageError, StorageRefused

SIZE = 64 * 1024
#: Appends numbers after the last one for ever, with a snapshot when it is full; each is printed once it is acknowledged.
APPENDING = """
import sys
from pathlib import Path
from intrathecal.pump.memory.memory import Memory
from intrathecal.pump.memory.storage import FileStorage
with FileStorage(Path(sys.argv[1])) as storage:
    memory, recovered = Memory.open(storage)
    last = int((recovered.payloads or (recovered.snapshot or b"0",))[-1].split()[0])
    while True:
        last += 1
        memory.append(b"%d " % last + b"." * 300)
        sys.stdout.buffer.write(b"%d\\n" % last)
        sys.stdout.buffer.flush()
        if memory.full:
            memory.compact(b"%d" % last)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A new memory."""
    file = tmp_path / "pump.memory"
    FileStorage.create(file, SIZE, Memory.format)
    return file


def test_what_is_appended_is_there_when_the_file_is_opened_again(path: Path) -> None:
    """The size never changes, and only the owner may read it."""
    with FileStorage(path) as storage:
        memory, recovered = Memory.open(storage)
        assert (recovered.snapshot, recovered.payloads, recovered.repairs) == (None, (), ())
        memory.append(b"kept")
    with FileStorage(path) as storage:
        assert Memory.open(storage)[1].payloads == (b"kept",)

    assert path.stat().st_size == SIZE
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.requirement("GIP-1.7.1", "ACC-16", "PCA-R6.6-4")
def test_every_acknowledged_record_outlives_kill_9(path: Path) -> None:
    """Thirty processes, each killed in the middle of its work, sooner or later."""
    most = 0
    for number in range(30):
        with subprocess.Popen([sys.executable, "-c", APPENDING, path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(1 + number * 37 % 59):
                acknowledged = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            # What it had acknowledged until the kill arrived.
            for line in process.stdout:
                acknowledged = int(line) if line.endswith(b"\n") else acknowledged
        assert process.returncode == -signal.SIGKILL
        with FileStorage(path) as storage:
            _, recovered = Memory.open(storage)
        numbers = [int(payload.split()[0]) for payload in recovered.payloads]
        first = int(recovered.snapshot or b"0")
        assert numbers == list(range(first + 1, first + 1 + len(numbers)))
        last = first + len(numbers)
        assert acknowledged <= last <= acknowledged + 1
        most = max(most, len(numbers))
    assert most > 20


def test_one_process_holds_a_memory(path: Path) -> None:
    """A second pump is told so; when the first one ends, however it does, the memory is free."""
    with subprocess.Popen([sys.executable, "-c", APPENDING, path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(
            StorageRefused, match=r"pump.memory: is in use by another process; .* stop the other one first"
        ):
            FileStorage(path)
        process.kill()
    FileStorage(path).close()


def test_a_memory_is_never_made_over_something_else(path: Path) -> None:
    """A file that is there stays as it is, and nothing is left lying about."""
    before = path.read_bytes()
    with pytest.raises(StorageRefused, match="exists already; a new memory needs another name"):
        FileStorage.create(path, SIZE, Memory.format)

    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_memory_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    """When preparing it fails there is no file."""

    def fail(storage: Storage) -> None:
        storage.write(0, b"half")
        raise StorageError("stopped here")

    with pytest.raises(StorageError, match="stopped here"):
        FileStorage.create(tmp_path / "pump.memory", SIZE, fail)
    with pytest.raises(StorageRefused, match="no memory of 0 bytes can be made"):
        FileStorage.create(tmp_path / "pump.memory", 0, Memory.format)
    with pytest.raises(StorageRefused, match=r"no memory of 65536 bytes can be made \(No such file"):
        FileStorage.create(tmp_path / "nowhere" / "pump.memory", SIZE, Memory.format)

    assert list(tmp_path.iterdir()) == []


def test_what_is_no_memory_file_is_refused(tmp_path: Path) -> None:
    """One message each, that names the path and says what it is."""
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, said in {
        "missing": r"missing: cannot be opened as a pump's memory \(No such file or directory\)",
        "folder": r"folder: cannot be opened as a pump's memory \(Is a directory\)",
        "pipe": "pipe: is not a file",
        "empty": "empty: is empty",
    }.items():
        with pytest.raises(StorageRefused, match=said):
            FileStorage(tmp_path / name)


def test_a_letter_is_no_memory(tmp_path: Path) -> None:
    """Some other file is told from a memory by what is in it, and is not changed."""
    letter = tmp_path / "letter"
    letter.write_text("Dear diary,\n" * 4096)
    with FileStorage(letter) as storage, pytest.raises(MemoryLost, match="the file is something else"):
        Memory.open(storage)

    assert letter.read_text() == "Dear diary,\n" * 4096


def test_a_file_that_shrinks_or_disappears_under_the_pump_fails_loudly(path: Path) -> None:
    """Reads beyond its end and writes outside are errors, not silence."""
    with FileStorage(path) as storage:
        memory, _ = Memory.open(storage)
        os.truncate(path, SIZE // 2)
        with pytest.raises(StorageError, match="has become shorter than 65536 bytes"):
            storage.read(SIZE // 2, 1)
        with pytest.raises(StorageError, match="lie outside its 65536"):
            storage.write(SIZE - 1, b"xy")
        assert "could not be read" in memory.scrub()[0]
    for use in (lambda: storage.read(0, 1), lambda: storage.write(0, b"x"), storage.sync):
        with pytest.raises(StorageError, match=r"pump\.memory: was closed"):
            use()


def test_what_the_system_refuses_is_a_storage_error(path: Path) -> None:
    """Here because the file was closed behind its back."""
    storage = FileStorage(path)
    (descriptor,) = [int(link.name) for link in Path("/proc/self/fd").iterdir() if link.resolve() == path.resolve()]
    os.close(descriptor)
    for use, what in (
        (lambda: storage.read(0, 1), "read"),
        (lambda: storage.write(0, b"x"), "written"),
        (storage.sync, "made durable"),
    ):
        with pytest.raises(StorageError, match=rf"pump\.memory: could not be {what} \(Bad file descriptor\)"):
            use()


def test_a_device_is_no_memory() -> None:
    """Only a file can be held by one pump alone."""
    with pytest.raises(StorageRefused, match="/dev/full: is not a file"):
        FileStorage(Path("/dev/full"))
