"""What review stops: every kind of slip, and how many correct programs with it, in programs drawn from published practice.

Run with ``python -m bench.slips [programs] [--write]``; ``--write`` writes docs/slips.md. Review is asked without its
prediction; a sample is asked with it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from subprocess import run
from time import perf_counter, process_time

import numpy as np

from bench.practice import Drawn, draw, figures, patient
from bench.slipping import Asked, Change, correct, first, first_program, slips
from intrathecal.programmer.review import Rule, case_of, judge, review
from intrathecal.programmer.review.rules import RULES
from intrathecal.programmer.review.rules.predicted import PREDICTED
from intrathecal.quantities import InputError
from intrathecal.therapy import load_therapy, parse_therapy

PROGRAMS, SEED, WORKERS = 500, 20261122, 2
#: Programs of the sample that is asked with the prediction, and of each extreme and each first program.
SAMPLE, EACH = 30, 12
QUICK: tuple[Rule, ...] = tuple(one for one in RULES if one not in PREDICTED)
UNREADABLE = "refused when it is read"
EXAMPLE = Path(__file__).parents[1] / "examples" / "failed-back.toml"


@dataclass(frozen=True)
class Said:
    """What review said: ``accept``, ``confirm`` (soft) or ``refuse`` (hard), and what stops: codes with their drugs."""

    decision: str
    why: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Outcome:
    """One change of one patient, and what was said of it with what runs (``known``) and without."""

    group: str
    kind: str
    drug: str
    times: float
    known: Said | None
    alone: Said | None


def say(asked: Asked | None, rules: Sequence[Rule]) -> Said | None:
    """Ask review; a file that cannot be read as a therapy is refused too."""
    if asked is None:
        return None
    try:
        running = None if asked.running is None else parse_therapy(asked.running, "running.toml", Path())
        case = case_of(parse_therapy(asked.text, "file.toml", Path()), running, asked.event)
    except InputError:
        return Said("refuse", ((UNREADABLE, ""),))
    found = judge(case, rules)
    stops = {(one.code, one.drug or "") for one in found.findings if one.severity != "note"}
    return Said(found.decision, tuple(sorted(stops)))


def outcomes(group: str, drawn: Drawn, changes: Iterable[Change], rules: Sequence[Rule] = QUICK) -> list[Outcome]:
    """What is said of each change of a patient."""
    drug = drawn.now.primary
    return [Outcome(group, one.kind, drug, one.times, say(one.known, rules), say(one.alone, rules)) for one in changes]


def one_program(number: int) -> list[Outcome]:
    """All that is asked of one drawn program, and its correct steps where the patient takes sedatives."""
    drawn = draw(number, SEED)
    sedated = replace(drawn, sedatives=True)
    aside = [one for one in correct(sedated) if one.kind in ("dose raised", "refilled, nothing changed")]
    return [
        *outcomes("correct", drawn, correct(drawn)),
        *outcomes("slip", drawn, slips(drawn)),
        *(outcomes("sedatives", sedated, aside) if number % 5 == 0 else ()),
    ]


def one_apart(number: int) -> list[Outcome]:
    """An extreme, its correct steps and a slip by ten; and a first program."""
    extremes = figures()["extreme"]
    one = extremes[number % len(extremes)]
    random = np.random.default_rng([SEED, number, len(extremes)])
    drawn = patient(number, random, dict(one["doses"]), one["indication"], {"name": one["source"]})
    tenfold = [change for change in slips(drawn) if change.kind == "ten times as much"]
    new = first(number, SEED)
    return [
        *outcomes("extreme", drawn, [*correct(drawn), *tenfold]),
        *outcomes("first", new, [first_program(new)]),
    ]


def one_predicted(number: int) -> list[Outcome]:
    """A correct step and slips of one program, with what runs, first without and then with the prediction."""
    drawn = draw(number, SEED)
    kinds = ("dose raised", "twice", "3.3 times as much")
    asked = [replace(one, alone=None) for one in (*correct(drawn), *slips(drawn)) if one.kind in kinds]
    return [*outcomes("quick", drawn, asked), *outcomes("predicted", drawn, asked, RULES)]


def study(programs: int) -> list[Outcome]:
    """Everything, in two processes."""
    apart, sample = EACH * len(figures()["extreme"]), min(SAMPLE, programs)
    with ProcessPoolExecutor(WORKERS) as pool:
        jobs = [
            *pool.map(one_program, range(programs), chunksize=5),
            *pool.map(one_apart, range(apart), chunksize=5),
            *pool.map(one_predicted, range(sample), chunksize=2),
        ]
    return [one for found in jobs for one in found]


def one_file() -> tuple[float, float]:
    """Processor seconds of a review with its prediction: warm, and from the command line."""
    review(load_therapy(EXAMPLE))
    began = process_time()
    review(load_therapy(EXAMPLE))
    warm = process_time() - began
    before = getrusage(RUSAGE_CHILDREN)
    run([sys.executable, "-m", "intrathecal", "review", str(EXAMPLE)], check=True, capture_output=True)
    after = getrusage(RUSAGE_CHILDREN)
    return warm, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(arguments: Sequence[str]) -> None:
    """Run the study; print its page, or write it."""
    from bench.slips_page import PAGE, page

    numbers = [int(one) for one in arguments if one.isdigit()]
    began = perf_counter()
    found = study(numbers[0] if numbers else PROGRAMS)
    text = page(found, perf_counter() - began, one_file())
    if "--write" in arguments:
        PAGE.write_text(text)
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
