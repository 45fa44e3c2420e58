"""Key files: secret, whole or not at all, and honest about what they are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from intrathecal.programmer.errors import KeyFileError
from intrathecal.programmer.keyfile import (
    KnownPump,
    Unanswered,
    forget,
    is_private,
    load_key,
    make_key,
    remember,
    save_key,
    unanswered,
)

SENT = Unanswered("a" * 32, "b" * 64, "a program", "2026-03-02T10:30:00+00:00")


def test_a_key_reads_back_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """What was written is what is read."""
    path = tmp_path / "one.key"
    key = make_key().with_pump(KnownPump("IT-1", "any", make_key().certificate, "handset"))
    save_key(path, key)
    assert load_key(path) == key
    assert is_private(path)


def test_pairing_again_takes_the_place_of_the_old_entry() -> None:
    """One entry for each pump."""
    pump = make_key().certificate
    key = (
        make_key()
        .with_pump(KnownPump("IT-1", "any", pump, "handset"))
        .with_pump(KnownPump("IT-1", "new", pump, "handset"))
    )
    assert [known.model for known in key.pumps] == ["new"]


@pytest.mark.parametrize("cut", [0, 1, 100, -2])
def test_a_file_that_is_not_whole_is_one_message(tmp_path: Path, cut: int) -> None:
    """A cut key file, or another file, is named with what would be right."""
    path = tmp_path / "one.key"
    save_key(path, make_key())
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(KeyFileError, match=r"one\.key: is no key file.*name the file that intrathecal pair wrote"):
        load_key(path)


def test_a_missing_file_a_folder_or_a_pipe_is_one_message(tmp_path: Path) -> None:
    """What to do next is said."""
    with pytest.raises(KeyFileError, match="run intrathecal pair first"):
        load_key(tmp_path / "none.key")
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_key(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(KeyFileError, match="it is not a file"):
        load_key(tmp_path / "pipe")
    with pytest.raises(KeyFileError, match="cannot be written"):
        save_key(tmp_path / "no" / "one.key", make_key())


def test_somebody_elses_private_key_is_found_out(tmp_path: Path) -> None:
    """Key and certificate must belong together."""
    path, one, two = tmp_path / "one.key", make_key(), make_key()
    save_key(path, type(one)(one.private_key, two.certificate))
    with pytest.raises(KeyFileError, match="do not belong together"):
        load_key(path)


def test_what_was_sent_is_known_until_it_is_answered(tmp_path: Path) -> None:
    """Noted before it leaves, forgotten when the answer is there; each pump has its own."""
    path = tmp_path / "one.key"
    assert unanswered(path, SENT.pump) == []
    remember(path, SENT)
    assert unanswered(path, SENT.pump) == [SENT]
    assert unanswered(path, "c" * 64) == []
    forget(path, SENT.id)
    forget(path, SENT.id)
    assert unanswered(path, SENT.pump) == []


def test_a_note_that_cannot_be_read_is_no_silence(tmp_path: Path) -> None:
    """A broken note means that something was sent: it is said, not skipped."""
    path = tmp_path / "one.key"
    remember(path, SENT)
    next((tmp_path / "one.key.unanswered").glob("*.json")).write_text("{")
    with pytest.raises(KeyFileError, match="read the pump, then remove this file"):
        unanswered(path, SENT.pump)
