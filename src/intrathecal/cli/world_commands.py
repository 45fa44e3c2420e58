"""The physical side of a virtual pump: its process, and what people and magnets do to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from intrathecal.cli import typed
from intrathecal.cli.options import CatalogueFiles, DriveError, Json, Speed
from intrathecal.cli.output import write_json
from intrathecal.quantities import InputError, rounded, shorten

UNREACHABLE = 3
#: How long a world may take to answer a person (real seconds).
PATIENCE_S = 10.0
#: Letters of a world's reason that are shown.
LONGEST_REASON = 500

GRAMMAR = """intrathecal world --listen HOST:PORT --model MODEL --journal FILE [--speed FACTOR] [--drive-error PERCENT]
intrathecal world HOST:PORT inject VOLUME --drug DRUG=CONCENTRATION ...
intrathecal world HOST:PORT aspirate VOLUME|all
intrathecal world HOST:PORT mri DURATION
intrathecal world HOST:PORT fault KIND [AMOUNT] [--lasts DURATION]
intrathecal world HOST:PORT mend KIND
intrathecal world HOST:PORT show [--json FILE]"""


class WorldCommandError(InputError):
    """Words or options that are wrong: the message says which, why, and what would be right."""


def world(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="HOST:PORT DEED", help="Where a world listens, and what is done to it.", show_default=False
        ),
    ] = None,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Run a world here; port 0 takes a free one.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="Its pump, one of the catalogue.")] = None,
    journal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What it writes all that happens into; made if there is none.")
    ] = None,
    speed: Speed = "1",
    drive_error: DriveError = "0 %",
    drug: Annotated[
        list[str] | None,
        typer.Option(metavar="DRUG=CONCENTRATION", help="What is injected; may be repeated."),
    ] = None,
    lasts: Annotated[str | None, typer.Option(metavar="DURATION", help="How long a fault lasts.")] = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Run the physical side of a virtual pump (motor, reservoir, magnet, battery), or do something to it.

    Deeds: inject VOLUME, aspirate VOLUME or all, mri DURATION, fault KIND [AMOUNT], mend KIND, show.
    """
    if listen is None:
        shown = _ask(words or [], drug or [], lasts)
        if json is not None:
            write_json(shown, json)
        if json != "-":
            typer.echo(_text(shown))
        return
    if words or drug or lasts is not None or json is not None:
        raise WorldCommandError(f"a world that listens is told nothing else; write\n{GRAMMAR}")
    if model is None or journal is None:
        raise WorldCommandError(f"--listen needs --model and --journal; write\n{GRAMMAR}")
    _run(
        listen,
        model,
        journal,
        (typed.speed(speed), typed.share("--drive-error", drive_error, -100, 100)),
        tuple(catalogue or ()),
    )


def _run(listen: str, model: str, journal: Path, physics: tuple[float, Fraction], catalogue: tuple[Path, ...]) -> None:
    import asyncio
    import signal

    from intrathecal.catalogue import load_catalogue
    from intrathecal.world.clocks import RealClock
    from intrathecal.world.journal import FileJournal
    from intrathecal.world.mechanism import Mechanism
    from intrathecal.world.process import serve
    from intrathecal.world.wire import read_address

    host, port = read_address(listen)
    pumps = load_catalogue(catalogue).pumps
    if model not in pumps:
        raise WorldCommandError(f"--model {model}: is no pump of the catalogue; name one of {', '.join(sorted(pumps))}")
    speed, drive_error = physics
    mechanism = Mechanism(pumps[model], FileJournal(journal), RealClock(speed).counter_ms, drive_error)

    async def until_ended() -> None:
        ending = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ending.set)
        await serve(mechanism, host, port, lambda h, p: typer.echo(f"world: listening on {h}:{p}"), ending)

    try:
        asyncio.run(until_ended())
    except OSError as problem:
        raise WorldCommandError(
            f"--listen {listen}: cannot listen there ({problem.strerror}); name another port"
        ) from None


def _ask(words: Sequence[str], drugs: Sequence[str], lasts: str | None) -> dict[str, Any]:
    """Have something done; what cannot be done is wrong input, a world that is not there ends with exit code 3."""
    from intrathecal.world.process import SHOWN
    from intrathecal.world.wire import Wire, WireError, read_address

    if len(words) < 2:
        raise WorldCommandError(f"say where the world listens and what is to be done; write\n{GRAMMAR}")
    host, port = read_address(words[0])
    message = _message(words[1], words[2:], drugs, lasts)
    try:
        with closing(Wire(host, port, PATIENCE_S)) as wire:
            answer = wire.ask(message)
        if "error" not in answer and {name: type(value) for name, value in answer.items()} != SHOWN:
            raise WireError(f"what answers at {words[0]} is no world")
    except WireError as problem:
        typer.echo(f"intrathecal: {problem}", err=True)
        raise typer.Exit(UNREACHABLE) from None
    if "error" in answer:
        raise WorldCommandError(f"{' '.join(words[1:])}: {shorten(str(answer['error']), LONGEST_REASON)}")
    return answer


def _message(deed: str, words: Sequence[str], drugs: Sequence[str], lasts: str | None) -> dict[str, Any]:
    if drugs and deed != "inject":
        raise WorldCommandError(f"--drug says what is injected, and does not go with {deed}; leave it out")
    if lasts is not None and deed != "fault":
        raise WorldCommandError(f"--lasts says how long a fault lasts, and does not go with {deed}; leave it out")
    read = _DEEDS.get(deed)
    if read is None:
        raise WorldCommandError(f'"{deed}" cannot be done to a pump; write one of {", ".join(_DEEDS)}')
    least, most, make = read
    if not least <= len(words) <= most:
        raise WorldCommandError(f"{deed} {' '.join(words)}: too few or too many words; write\n{GRAMMAR}")
    message = {"do": deed, **make(words)}
    if deed == "inject":
        message["drugs"] = dict(_drug(text) for text in drugs)
        if not drugs and message["mL"] > 0:
            raise WorldCommandError('inject: say what is injected, such as --drug morphine="10 mg/mL"')
    if lasts is not None:
        message["lasts_ms"] = _milliseconds("--lasts", lasts)
    return message


def _fault(words: Sequence[str]) -> dict[str, Any]:
    from intrathecal.therapy.file.bounds import FASTEST_FLOW, OVER_INFUSION_FACTOR
    from intrathecal.world import faults
    from intrathecal.world.process import KINDS

    kind = words[0]
    if kind not in KINDS:
        raise WorldCommandError(f'"{kind}" is no fault of a pump; name one of {", ".join(KINDS)}')
    meaning = KINDS[kind]
    if bool(meaning) != (len(words) == 2):
        wants = f"needs {meaning}" if meaning else "takes no amount"
        raise WorldCommandError(f"fault {kind}: it {wants}")
    amount = 0.0
    if kind == faults.VALVE_LEAK:
        amount = typed.within(f"fault {kind}", words[1], "flow", "0 mL/day", FASTEST_FLOW).canonical
    elif kind == faults.OVER_INFUSION:
        amount = float(typed.number(f"fault {kind}", words[1], 0, OVER_INFUSION_FACTOR))
    elif meaning:
        amount = float(typed.share(f"fault {kind}", words[1], 0, 100))
    return {"kind": kind, "amount": amount, "lasts_ms": None}


def _volume(words: Sequence[str]) -> dict[str, Any]:
    return {"mL": None if words[0] == "all" else typed.zero_or_more("aspirate", words[0], "volume").canonical}


#: Each deed with the fewest and most words that follow it, and how they are read.
_DEEDS: dict[str, tuple[int, int, Callable[[Sequence[str]], dict[str, Any]]]] = {
    "inject": (1, 1, lambda words: {"mL": typed.zero_or_more("inject", words[0], "volume").canonical}),
    "aspirate": (1, 1, _volume),
    "mri": (1, 1, lambda words: {"lasts_ms": _milliseconds("mri", words[0])}),
    "fault": (1, 2, _fault),
    "mend": (1, 1, lambda words: {"kind": words[0]}),
    "show": (0, 0, lambda words: {}),
}


def _drug(text: str) -> tuple[str, float]:
    name, equals, concentration = text.partition("=")
    if not (name and equals):
        raise WorldCommandError(f'--drug {shorten(text)}: write NAME=CONCENTRATION, such as morphine="10 mg/mL"')
    return name, typed.zero_or_more(f"--drug {shorten(name)}", concentration, "concentration").canonical


def _milliseconds(where: str, text: str) -> int:
    from intrathecal.therapy.file.bounds import LONGEST

    return round(typed.within(where, text, "duration", "0 s", LONGEST).canonical * 1000)


def _text(shown: dict[str, Any]) -> str:
    """What is so now, in one line."""
    inside = ", ".join(
        f"{name} {rounded(value / 1000)} mg/mL" for name, value in shown["concentrations_ug_per_mL"].items()
    )
    wrong = ", ".join(shown["faults"]) or "nothing is wrong"
    return (
        f"{shown['model']}: reservoir {rounded(shown['reservoir_mL'], 6)} mL ({inside or 'no drug'}), rotor at {shown['rotor']}, "
        f"delivered {rounded(shown['delivered_mL'], 6)} mL, battery {shown['battery_fraction']:.0%}; {wrong}"
    )
