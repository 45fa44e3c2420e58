"""Files that are no therapy files, and example files that something happened to: one message, quickly, always."""

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intrathecal.therapy import Therapy, TherapyError, load_therapy, parse_therapy
from intrathecal.therapy.file.locate import Path as Keys
from intrathecal.therapy.file.locate import locate

FILE = Path(__file__).parents[2] / "examples/failed-back.toml"
EXAMPLE = FILE.read_bytes()
TEXT = EXAMPLE.decode()


def said(path: Path) -> str:
    """What is said of a file that cannot be read."""
    with pytest.raises(TherapyError) as caught:
        load_therapy(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ": the file is empty; write at least one [[drug]]"),
        (b" \n\n", ": the file is empty"),
        (TEXT.encode("utf-16"), ": the file is UTF-16 text; save it as UTF-8"),
        (TEXT.encode("utf-32"), ": the file is UTF-32 text; save it as UTF-8"),
        (TEXT.encode("utf-16-le"), ": the file is not UTF-8 text (it has zero bytes); save it as UTF-8"),
        (
            TEXT.replace("back", "Rücken").encode("latin-1"),
            ", line 1: byte 0xfc is not UTF-8 text; save the file as UTF-8",
        ),
        (EXAMPLE + b"# \xff\n", ", line 65: byte 0xff is not UTF-8 text"),
        (b"#" * 1_000_001, ": the file is larger than 1000000 bytes; is it a therapy file?"),
        (b"\x89PNG\r\n\x1a\n", ", line 1: byte 0x89 is not UTF-8 text"),
        (b"title = [" + b"[" * 5000, ": lists or tables stand inside each other too often"),
        (b"a" + b".a" * 100_000 + b" = 1", ", line 1: more points than a line of a therapy file has"),
        (b"title = " + b" " * 900_000, ", line 1: the file ends too early"),
        (b"title = " + b"x" * 900_000, ", line 1: xxx"),
        (b'"a\\u001b[2Jb\\n" = 1', ', line 1: unknown key "a?[2Jb" in the file'),
    ],
)
def test_files_that_are_something_else(tmp_path: Path, data: bytes, message: str) -> None:
    """Another encoding, an empty file, a picture or megabytes of nothing: one line that says so."""
    path = tmp_path / "x.toml"
    path.write_bytes(data)

    assert said(path).startswith(f"{path}{message}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file, a directory and a name that no file can have."""
    assert said(tmp_path / "no.toml") == f"{tmp_path}/no.toml: there is no such file; check the name and the directory"
    assert said(tmp_path) == f"{tmp_path}: this is a directory; name the therapy file in it"
    assert "it cannot be read" in said(Path("a\0b"))
    assert "it cannot be read (file name too long)" in said(Path("x" * 5000))


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    """A file of a hundred gigabytes is refused as fast as one of a megabyte."""
    path = tmp_path / "huge.toml"
    with path.open("wb") as file:
        file.truncate(100_000_000_000)

    assert "is larger than 1000000 bytes" in said(path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    """Windows editors write a mark before UTF-8 text and end lines in two characters; both are read."""
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.replace(b"\n", b"\r\n"))

    assert load_therapy(path).events == load_therapy(FILE).events


def read(data: bytes, path: Path) -> Therapy | str:
    """The therapy or the message; any other error is a failure."""
    path.write_bytes(data)
    try:
        return load_therapy(path)
    except TherapyError as error:
        return str(error)


def check(result: Therapy | str, path: Path, data: bytes) -> None:
    """A message is one line, begins with the file's name, and names a line that the file has."""
    if isinstance(result, Therapy):
        return
    assert "\n" not in result
    assert result.startswith(str(path))
    line = re.match(r", line (\d+): ", result.removeprefix(str(path)))
    assert line is None or 1 <= int(line[1]) <= data.count(b"\n") + 1


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(EXAMPLE) - 1), st.integers(0, 3), st.binary(max_size=6)), min_size=1, max_size=3
    )
)
def test_mutated_bytes_of_the_example(tmp_path: Path, changes: list[tuple[int, int, bytes]]) -> None:
    """Whatever bytes are changed, inserted or lost, the answer is a therapy or one message of this room."""
    data = EXAMPLE
    for at, lost, put in changes:
        data = data[:at] + put + data[at + lost :]
    path = tmp_path / "mutated.toml"

    check(read(data, path), path, data)


TOKENS = sorted(set(re.findall(r'"[^"\n]*"|[\w.:-]+|[\[\]{}=,]', TEXT)))
ODD = ["nan", "-inf", "1e400", "0", "-1", '""', '"0 mg"', "[]", "{}", "true", "2026-02-29", '"day 0"', "[[", '"""', "'"]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(TOKENS), st.sampled_from(TOKENS + ODD), st.integers(0, 3)), min_size=1, max_size=3
    )
)
def test_mutated_words_of_the_example(tmp_path: Path, changes: list[tuple[str, str, int]]) -> None:
    """Whatever word stands in the place of another, the answer is a therapy or one message of this room."""
    text = TEXT
    for old, new, skip in changes:
        parts = text.split(old)
        cut = min(skip, len(parts) - 2)
        if cut >= 0:
            text = old.join(parts[: cut + 1]) + new + old.join(parts[cut + 1 :])
    data = text.encode()
    path = tmp_path / "mutated.toml"

    check(read(data, path), path, data)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["20 mL", "day 3"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["at", "volume", "kind", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def toml(value: object) -> str:
    """A value as TOML."""
    if value is None:
        return "1979-05-27"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(inner) for inner in value) + "]"
    if isinstance(value, str):
        return (
            '"'
            + "".join(f"\\U{ord(character):08x}" for character in value if not 0xD800 <= ord(character) < 0xE000)
            + '"'
        )
    return str(value).lower().replace("e+", "e")


KEYS = [
    *("title", "patient.height", "patient.age", "patient.pain", "patient.allergies", "patient.sedatives", "patient"),
    *("pump", "pump.implanted", "pump.drive_error", "catheter.removed", "catheter.tip", "fill.lead", "fill.now"),
    *(
        "program",
        "program.text",
        "simulation.days",
        "simulation.presses",
        "simulation.seed",
        "catalogue.files",
        "drug",
        "event",
    ),
]
ACTIONS = [
    *(
        "at",
        "refill",
        "program",
        "prime",
        "dose",
        "oral_opioid",
        "mri",
        "reset",
        "aspirate",
        "revise",
        "replace-pump",
        "fault",
    ),
    *("refill.volume", "refill.drugs", "refill.bridge", "dose.drug", "dose.amount", "fault.kind", "fault.for"),
    *("revise.removed", "revise.model"),
]


@settings(max_examples=300, deadline=None)
@given(key=st.sampled_from(KEYS), value=JUNK, action=st.sampled_from(ACTIONS), other=JUNK)
def test_any_value_for_any_key(key: str, value: object, action: str, other: object) -> None:
    """A value of any type for any key is a therapy or one message that names a line."""
    head, _, tail = TEXT.partition("[patient]")
    event = f'[[event]]\nat = "day 85"\n{action} = {toml(other)}\n'
    for text in (
        f'{key} = {toml(value)}\n[[drug]]\nname = "morphine"\n',
        f"{head}[patient]{tail}\n{event}".replace(*swap(key, value)),
    ):
        try:
            parse_therapy(text, "f.toml", Path())
        except TherapyError as error:
            message = str(error)
        else:
            message = ""

        assert not message or re.match(r"f\.toml(, line \d+)?: .*; .*|nowhere", message)


def swap(key: str, value: object) -> tuple[str, str]:
    """The line of the example that begins with the last part of ``key``, and one with another value."""
    name = key.rpartition(".")[2]
    line = next((line for line in TEXT.split("\n") if re.match(rf"{name}\s*=", line)), "title =")
    return line, f"{name} = {toml(value)} # "


def test_places_of_everything_in_a_document() -> None:
    """Every key, table and item is found on its line, however it is written."""
    text = (
        "a = 1\n"  # 1
        'b.c = [ # [ " \n'  # 2
        '  \'x\', """y\n'  # 3
        ']""", { d = 1, e.f = [\n'  # 4
        " 3 ] },\n"  # 5
        "]\n"  # 6
        '"q r".\'s\' = { t = { u = "}" } }\n'  # 7
        "[t1.t2]\n"  # 8
        "k = '''\n"  # 9
        "[not a table]'''\n"  # 10
        "[[many]]\n"  # 11
        "v = 1\n"  # 12
        "[many.sub]\n"  # 13
        "w = 2026-01-01 00:00:00\n"  # 14
        "[[many]]\n"  # 15
        "[many.sub]\n"  # 16
        'z = "\\\\"\n'  # 17
        'y = """a""""\n'  # 18
        '"\\u00e9" = 1e3'  # 19
    )
    lines = locate(text)
    found: dict[Keys, int] = {path: lines.of(path) for path in paths(tomllib.loads(text), ())}

    assert found == {
        ("a",): 1,
        ("b",): 2,
        ("b", "c"): 2,
        ("b", "c", 0): 3,
        ("b", "c", 1): 3,
        ("b", "c", 2): 4,
        ("b", "c", 2, "d"): 4,
        ("b", "c", 2, "e"): 4,
        ("b", "c", 2, "e", "f"): 4,
        ("b", "c", 2, "e", "f", 0): 5,
        ("q r",): 7,
        ("q r", "s"): 7,
        ("q r", "s", "t"): 7,
        ("q r", "s", "t", "u"): 7,
        ("t1",): 8,
        ("t1", "t2"): 8,
        ("t1", "t2", "k"): 9,
        ("many",): 11,
        ("many", 0): 11,
        ("many", 0, "v"): 12,
        ("many", 0, "sub"): 13,
        ("many", 0, "sub", "w"): 14,
        ("many", 1): 15,
        ("many", 1, "sub"): 16,
        ("many", 1, "sub", "z"): 17,
        ("many", 1, "sub", "y"): 18,
        ("many", 1, "sub", "\u00e9"): 19,
    }
    assert set(found) == set(lines.starts)
    assert lines.of(("many", 1, "nothing", "here")) == 15
    assert lines.of(("nothing",)) == 1


def paths(value: object, path: Keys) -> list[Keys]:
    """Every path of a document."""
    if isinstance(value, dict):
        inner = [(*path, key) for key in value]
    elif isinstance(value, list):
        inner = [(*path, index) for index in range(len(value))]
    else:
        return []
    children = value.values() if isinstance(value, dict) else value
    return [found for child, one in zip(inner, children, strict=True) for found in (child, *paths(one, child))]


@settings(max_examples=200, deadline=None)
@given(
    value=st.dictionaries(
        st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=3), JUNK, max_size=4
    )
)
def test_places_in_any_document(value: dict[str, object]) -> None:
    """In a document of any values, just the paths that the TOML reader finds are placed."""
    text = "\n".join(f"{key} = {toml(one)}" for key, one in value.items())
    document = tomllib.loads(text, parse_float=Decimal)
    lines = locate(text)

    assert set(lines.starts) == set(paths(document, ()))
    assert [lines.of((key,)) for key in document] == list(range(1, len(document) + 1))
