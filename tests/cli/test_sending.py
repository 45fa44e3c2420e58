"""A session with a real pump: nothing is sent that is refused or not confirmed, and the record says what the pump says."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest
from pypdf import PdfReader
from tests.cli.commands import Done, call, refused, told
from tests.programmer.processes import EXAMPLES, Between, Pump, until

import intrathecal
from intrathecal.cli.sending import _edited
from intrathecal.programmer.client import Address
from intrathecal.programmer.programming import filled
from intrathecal.therapy import load_therapy

DEMO = (EXAMPLES / "failed-back.toml").read_text()
#: What review finds: a lockout shorter than the drug's onset (soft), ten times the dose (hard), an allergy (second person).
SOFT, HARD, SECOND = "lockout-shorter-than-onset", "dose-raised", "allergy-class"


@pytest.fixture(scope="module")
def pump(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pump]:
    """A pump that runs the demonstration's program."""
    folder = tmp_path_factory.mktemp("pump")
    with Pump(folder, "--speed", "60") as made:
        key = made.pair("programmer", "anna")
        demo = folder / "demo.toml"
        demo.write_text(DEMO)
        assert call("refilled", made.address, demo, "--key", key).returncode == 0
        done = call("program", made.address, demo, "--key", key, "--yes", "--record", folder / "demo.pdf")
        assert done.returncode == 0, done.stderr
        yield made


@pytest.fixture
def key(pump: Pump) -> Path:
    """The programmer's key."""
    return pump.folder / "anna.key"


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """The demonstration with something replaced."""

    def written(*replaced: tuple[str, str]) -> Path:
        text = DEMO
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "therapy.toml").write_text(text)
        return tmp_path / "therapy.toml"

    return written


def lockout(text: str) -> tuple[str, str]:
    """Another lockout."""
    return "lockout 3 h", f"lockout {text}"


def base(text: str) -> tuple[str, str]:
    """Another base."""
    return '"""\n2.4 mg/day', f'"""\n{text}'


@contextmanager
def unchanged(pump: Pump, key: Path, *records: Path) -> Iterator[None]:
    """The pump's log has no new program or refill afterwards, and no record is written."""
    before = [entry for entry in pump.read(key).events if entry.kind in ("program", "refill")]
    yield
    assert [entry for entry in pump.read(key).events if entry.kind in ("program", "refill")] == before
    assert not [record for record in records if record.exists()]


class Terminal:
    """A command on a terminal: what it asks can be waited for and answered."""

    def __init__(self, folder: Path, *arguments: object) -> None:
        near, far = pty.openpty()
        self._near, self._out = near, folder / "said.txt"
        with self._out.open("w") as out:
            command = [sys.executable, "-u", "-m", "intrathecal", *map(str, arguments)]
            self._process = subprocess.Popen(command, stdin=far, stdout=out, stderr=subprocess.PIPE, text=True)
        os.close(far)

    def answer(self, question: str, text: str) -> None:
        """Wait for a question and answer it."""
        until(lambda: question in self._out.read_text() or self._process.poll() is not None)
        assert question in self._out.read_text(), self._process.communicate()[1]
        os.write(self._near, f"{text}\n".encode())

    def end(self) -> Done:
        """What it left behind."""
        complained = self._process.communicate(timeout=60)[1]
        os.close(self._near)
        return Done(self._process.returncode, self._out.read_text(), complained)


def cells(record: Path) -> dict[str, list[str]]:
    """The rows of a record's table: field, before, now, change."""
    rows = re.findall(r"<tr[^>]*><th scope=\"row\">(.*?)</th>(.*?)</tr>", record.read_text(), re.DOTALL)
    return {unescape(name): [unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", rest)] for name, rest in rows}


@pytest.mark.requirement("GIP-6.1.4", "PCA-R6.5-2", "PCA-EC2")
def test_a_soft_finding_without_a_reason_is_not_sent(
    pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path
) -> None:
    """No reason, an empty one, one for something else: one message each, and the pump goes on as before."""
    plan, record = file(lockout("10 min")), tmp_path / "record.html"
    arguments = ("program", pump.address, plan, "--key", key, "--record", record)
    with unchanged(pump, key, record):
        refused(call(*arguments), 2, SOFT, "--confirm")
        refused(call(*arguments, "--yes", "--confirm", f"{SOFT}= "), 2, SOFT, "empty")
        refused(call(*arguments, "--yes", "--reason", "..."), 2, "--reason", "empty")
        refused(call(*arguments, "--yes", "--confirm", "step-up=pain"), 2, "step-up", SOFT)
        refused(call(*arguments, "--yes", "--confirm", "pain"), 2, "CODE=")


@pytest.mark.requirement("GIP-6.1.4", "ACC-11")
def test_a_soft_finding_with_a_reason_is_sent_and_recorded(
    pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path
) -> None:
    """The reason stands beside the finding; a script's without one says so."""
    records = tmp_path / "reason.html", tmp_path / "script.html"
    plan = file(lockout("10 min"))
    sent = ("program", pump.address, plan, "--key", key, "--yes", "--record")
    assert call(*sent, records[0], "--confirm", f"{SOFT}=fast onset seen in the trial").returncode == 0
    assert "fast onset seen in the trial" in records[0].read_text()
    assert call("program", pump.address, file(), "--key", key, "--yes").returncode == 0
    done = call(*sent[:2], file(lockout("11 min")), *sent[3:], records[1])
    assert f"{SOFT}: confirmed beforehand" in done.stdout
    assert "confirmed beforehand" in records[1].read_text()
    assert call("program", pump.address, file(), "--key", key, "--yes").returncode == 0


@pytest.mark.requirement("GIP-2.1.1", "GIP-6.1.4", "PCA-R6.5-2")
@pytest.mark.parametrize(("reason", "code"), [("", 1), ("fast onset", 0)])
def test_on_a_terminal_each_soft_finding_is_asked_about(
    pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path, reason: str, code: int
) -> None:
    """An empty answer sends nothing; a reason leads to the last question."""
    shown = Terminal(tmp_path, "program", pump.address, file(lockout("10 min")), "--key", key)
    shown.answer("Why is it sent all the same?", reason)
    if reason:
        shown.answer("Send the new program", "y")
    done = shown.end()
    assert done.returncode == code, done.stderr
    assert ("empty reason" in done.stderr) == (code == 1)
    assert ("lockout 10 min" in str(told(pump, key)["program_text"])) == (code == 0)
    assert call("program", pump.address, file(), "--key", key, "--yes").returncode == 0


@pytest.mark.requirement("PCA-R6.5-3", "PCA-EC3", "ACC-11")
def test_a_hard_finding_is_never_sent(pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path) -> None:
    """Whoever confirms it and whoever else looks."""
    plan, record = file(base("24 mg/day"), ("limit 4 mg per 24 h\n", "")), tmp_path / "record.html"
    with unchanged(pump, key, record):
        done = call("program", pump.address, plan, "--key", key, "--yes", "--second", "Bo", "--record", record)
        refused(done, 1, HARD, "cannot be sent")
    assert "daily dose, morphine" in done.stdout


def test_a_second_person_must_look_where_a_finding_asks_for_one(
    pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path
) -> None:
    """Nobody, and the same person again, are refused; another name is recorded."""
    plan, record = file(('sex = "female"', 'sex = "female"\nallergies = ["opioids"]')), tmp_path / "record.html"
    sent = ("program", pump.address, plan, "--key", key, "--yes", "--record", record)
    with unchanged(pump, key, record):
        refused(call(*sent), 1, SECOND, "--second")
        refused(call(*sent, "--second", "ANNA"), 2, "somebody else")
        refused(call(*sent, "--by", "Bo", "--second", "Bo"), 2, "somebody else")
        refused(call(*sent, "--second", " "), 2, "--second")
    done = call(*sent, "--by", "Dr Anna Ek", "--second", "Bo Ahl", "--reason", "itching only, tolerated for years")
    assert done.returncode == 0, done.stderr
    page = record.read_text()
    assert all(text in page for text in ("Dr Anna Ek", "Bo Ahl", "itching only, tolerated for years"))


def test_the_record_says_what_the_pump_says(pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path) -> None:
    """Every field against what is read from the pump afterwards; old beside new; file, version and who."""
    plan, record = file(base("2.9 mg/day")), tmp_path / "record.html"
    before = told(pump, key)
    done = call("program", pump.address, plan, "--key", key, "--yes", "--reason", "pain by day", "--record", record)
    assert done.returncode == 0, done.stderr
    assert f"record: {record}" in done.stdout
    found, page, rows = told(pump, key), record.read_text(), cells(record)
    assert rows["base"] == ["2.4 mg/day (milligrams a day)", "2.9 mg/day (milligrams a day)", "+20.83 %"]
    assert "2.9 mg/day" in str(found["program_text"])
    held = found["concentrations_ug_per_mL"]
    assert isinstance(held, dict)
    for drug, label in held.items():
        assert rows[f"concentration, {drug}"][1].startswith(f"{label / 1000:g} mg/mL ")
    # 16 h at 2.9, 8 h at 1.6 mg/day and 0.2 mg at 07:00; bupivacaine 1.5 times as strong.
    assert rows["daily dose, morphine"][1].startswith(f"{(16 * 2.9 + 8 * 1.6) / 24 + 0.2:.5f}")
    assert rows["daily dose, bupivacaine"][1].startswith("4 mg/day")
    for said in (
        found["identity"],
        sha256(plan.read_bytes()).hexdigest(),
        intrathecal.__version__,
        "anna",
        "pain by day",
    ):
        assert str(said) in page
    assert "Read back from the pump" in page
    assert "at least 24 hours" in page, "morphine rises"
    assert float(rows["reservoir"][1].split()[0]) == pytest.approx(before["reservoir_mL"], abs=0.01)


def test_two_programmers_leave_one_program_and_one_record(
    pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path
) -> None:
    """Who was slower is refused, and no record claims that it was sent."""
    other, record = tmp_path / "other.toml", tmp_path / "record.html"
    other.write_text(DEMO.replace(*base("2.5 mg/day")))
    slow = Terminal(tmp_path, "program", pump.address, file(base("2.6 mg/day")), "--key", key, "--record", record)
    until(lambda: "Send the new program" in (tmp_path / "said.txt").read_text())
    assert call("program", pump.address, other, "--key", key, "--yes").returncode == 0
    slow.answer("Send the new program", "y")
    refused(slow.end(), 1, "changed since it was read")
    assert not record.exists()
    assert "2.5 mg/day" in str(told(pump, key)["program_text"])


def test_a_lost_answer_is_recorded_as_uncertain(
    pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path
) -> None:
    """Exit code 3, and a record that says what was sent and claims nothing of what runs."""
    record = tmp_path / "record.html"
    with Between(pump.address) as between:
        plan = file(base("2.7 mg/day"))
        shown = Terminal(tmp_path, "program", between.address, plan, "--key", key, "--record", record)
        until(lambda: "Send the new program" in (tmp_path / "said.txt").read_text())
        # A line that only reads says less than one that brings a program.
        between.swallow_answers_after = sum(map(len, between.heard)) + 64
        shown.answer("Send the new program", "y")
        done = shown.end()
    assert done.returncode == 3, done.stderr
    assert "uncertain" in done.stderr
    page = record.read_text()
    assert "DELIVERY UNCERTAIN" in page
    assert "was sent" in page
    assert "runs now" not in page
    assert "Read back" not in page
    assert "2.7 mg/day" in page


def test_a_record_that_cannot_be_written_is_found_before_anything_is_sent(
    pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is not there, a kind that is not known, the therapy file itself, a machine without Pango."""
    plan = file(base("2.6 mg/day"))
    sent = ("program", pump.address, plan, "--key", key, "--yes", "--record")
    with unchanged(pump, key):
        refused(call(*sent, tmp_path / "no" / "record.html"), 2, "record.html", "cannot be written")
        refused(call(*sent, tmp_path / "record.txt"), 2, ".html", ".pdf")
        refused(call(*sent, tmp_path), 2, "neither")
        refused(call(*sent, plan), 2, "something else")
        monkeypatch.setitem(sys.modules, "weasyprint", None)
        refused(call(*sent, tmp_path / "record.pdf"), 2, "libpango")
    assert not list(tmp_path.glob("record*"))


def test_the_running_program_can_be_edited(
    pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the editor leaves is reviewed and sent; an editor that changes nothing sends nothing."""
    assert call("program", pump.address, file(), "--key", key, "--yes").returncode == 0
    record = tmp_path / "record.html"
    sent = ("program", pump.address, file(), "--key", key, "--yes", "--edit", "--record", record)
    monkeypatch.setenv("EDITOR", "true")
    with unchanged(pump, key, record):
        refused(call(*sent), 2, "not changed")
        monkeypatch.setenv("EDITOR", "sed -i 's/2.4 mg/2.4 mgs/'")
        refused(call(*sent), 2, "mgs")
    monkeypatch.setenv("EDITOR", "sed -i 's/2.4 mg/2.6 mg/'")
    done = call(*sent)
    assert done.returncode == 0, done.stderr
    assert "2.6 mg/day" in str(told(pump, key)["program_text"])
    assert "edited in the session" in record.read_text()


@pytest.mark.requirement("GIP-2.2.5")
def test_what_lay_in_an_editor_for_too_long_is_forgotten(
    pump: Pump, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values that were not sent do not outlive the person who typed them."""
    monkeypatch.setattr("intrathecal.cli.sending.WITHDRAW_S", -1.0)
    monkeypatch.setenv("EDITOR", "sed -i 's/mg/mg/'")
    with pytest.raises(Exception, match="too long"):
        _edited(load_therapy(EXAMPLES / "failed-back.toml"), pump.read(key))


@pytest.mark.requirement("PCA-R6.7-2")
def test_a_program_that_ends_an_emergency_stop_says_so(
    pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path
) -> None:
    """In the last question and in the record."""
    record = tmp_path / "record.html"
    assert call("stop", pump.address, "--key", key).returncode == 0
    shown = Terminal(tmp_path, "program", pump.address, file(), "--key", key, "--record", record)
    shown.answer("the emergency stop ends with it", "y")
    assert shown.end().returncode == 0
    assert "stopped by an emergency stop" in record.read_text()
    assert told(pump, key)["stopped"] is False


def test_a_refill_with_another_label_is_reviewed_before_the_pump_is_told(
    pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path
) -> None:
    """A stronger fill without a bridge underdoses first: hard, or unspoken of. With one it is told and recorded."""
    assert call("program", pump.address, file(), "--key", key, "--yes").returncode == 0
    record = tmp_path / "record.html"
    told_it = ("refilled", pump.address, tmp_path / "therapy.toml", "--key", key, "--event", "1", "--record", record)
    with unchanged(pump, key, record):
        file(('morphine = "20 mg/mL"', 'morphine = "25 mg/mL"'))
        refused(call(*told_it, "--bridge", "none", "--yes"), 1, "bridge-missing")
        file(('bridge = "auto"', 'bridge = "none"'))
        refused(call(*told_it), 2, "--bridge auto")
    file()
    done = call(*told_it)
    assert done.returncode == 0, done.stderr
    rows = cells(record)
    assert rows["concentration, morphine"] == [
        "10 mg/mL (milligrams in a millilitre)",
        "20 mg/mL (milligrams in a millilitre)",
        "+100 % (2 times as much)",
    ]
    assert rows["daily dose, morphine"][2] == "same"
    assert rows["reservoir"][2] == "filled"
    fill = filled(pump.read(key))
    assert dict(fill.settings.labels)["morphine"] == 20 * 10**6
    assert float(rows["reservoir"][1].split()[0]) == pytest.approx(fill.reservoir_pL / 10**9, abs=0.01)


def test_the_demonstrations_record_is_one_page_of_paper(pump: Pump) -> None:
    """A4, with its title, and text that can be read out of it."""
    reader = PdfReader(pump.folder / "demo.pdf")
    (page,) = reader.pages
    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [210, 297]
    text = page.extract_text()
    assert "Failed back surgery" in text
    assert pump.read(pump.folder / "anna.key").serial in text
    assert reader.metadata is not None
    assert "A new program" in (reader.metadata.title or "")


def test_a_long_record_goes_on_with_its_heading_repeated(
    pump: Pump, key: Path, file: Callable[..., Path], tmp_path: Path
) -> None:
    """A second page says whose it is, and of how many pages."""
    boluses = "\n".join(f"bolus 0.02 mg over 5 min at {hour:02}:15" for hour in range(8, 18))
    record = tmp_path / "record.pdf"
    plan = file(("bolus 0.2 mg over 10 min at 07:00", boluses))
    done = call("program", pump.address, plan, "--key", key, "--yes", "--record", record)
    assert done.returncode == 0, done.stderr
    pages = [page.extract_text() for page in PdfReader(record).pages]
    assert len(pages) == 2
    for number, text in enumerate(pages, start=1):
        assert "Failed back surgery" in text
        assert pump.read(key).serial in text
        assert f"page {number} of 2" in text


def test_a_pump_that_is_not_there_leaves_no_record(key: Path, file: Callable[..., Path], tmp_path: Path) -> None:
    """Exit code 3."""
    record = tmp_path / "record.html"
    done = call("program", Address("127.0.0.1", 9), file(), "--key", key, "--yes", "--record", record)
    refused(done, 3, "no pump can be reached")
    assert not record.exists()
