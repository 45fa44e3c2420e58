"""docs/slips.md, written from the outcomes of bench/slips.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from bench.practice import figures

if TYPE_CHECKING:
    from bench.slips import Outcome, Said

PAGE = Path(__file__).parents[1] / "docs" / "slips.md"
#: A slip is large if some drug's dose of a day is more than so many times what was meant, or less than that part of it.
LARGE = 3.0
WIDTH = 130
HOW = """# What review stops, measured

Written by `python -m bench.slips --write`. `python -m bench.slips 40` shows the same of 40 programs.

Programs are drawn from published practice, never from the limits of the [drug library](drug-library.md): doses, mixtures,
strengths, handsets and the time between refills as cohorts and textbooks describe them, each with its source in
`bench/slips.toml`. Where a spread is not published, patients vary by 59 % of the mean (Raffaeli). How often each regimen is
drawn is chosen so that every drug has a row, and is no market share. Two caveats: the library quotes some of the same
publications, because there are few; and what nobody publishes (shares of programs with a handset, sizes of slips) is chosen,
and said so there.

Every program is taken through its **correct** next steps (the dose raised by 10 to 30 %, baclofen of cerebral origin by 5 to
15 %, ziconotide by 0.5 to 2.4 mcg/day; lowered by 5 to 20 %; refilled as it is, with a rise, and at another strength with a
bridge), and then through every **slip** that it gives room for, on top of a rise that was meant. Each is asked twice: with
the running program **known** (the therapy file tells what the pump holds and runs), and **alone** (a file of the new program
in an old pump, and nothing else). *Soft* asks a person for a reason, *hard* cannot be sent; *stopped* is either. Review is
asked without its prediction, which takes most of its time; a sample is asked with it below.
"""


def page(found: Sequence[Outcome], seconds: float, one_file: tuple[float, float]) -> str:
    """The page; ``seconds`` are those of the study, ``one_file`` the processor's for one review, warm and cold."""
    parts = [HOW, *_in_short(found), *_kinds(found), *_correct(found), *_drugs(found), *_clinic(found), *_apart(found)]
    parts += [*_predicted(found), *_missed(found), *_sources()]
    parts += _time(_asked(found), seconds, one_file)
    return "\n".join(_wrapped(line) for line in "\n".join(parts).split("\n")) + "\n"


def _wrapped(line: str) -> str:
    """A line as prose is broken; tables stay whole."""
    whole = line.startswith("|") or len(line) <= WIDTH
    return line if whole else fill(line, WIDTH, break_long_words=False, break_on_hyphens=False)


def _time(asked: int, seconds: float, one_file: tuple[float, float]) -> Iterator[str]:
    yield f"\n## Time\n\n{asked} reviews in {seconds:.0f} s, in two processes."
    yield (
        f"\nReview of `examples/failed-back.toml`, prediction included: {one_file[0]:.1f} s of processor time in a process that "
        f"has done one before, {one_file[1]:.1f} s from the command line, start included."
    )


def _asked(found: Sequence[Outcome]) -> int:
    return sum((one.known is not None) + (one.alone is not None) for one in found)


def _of(found: Sequence[Outcome], group: str) -> list[Outcome]:
    return [one for one in found if one.group == group]


def _said(found: Sequence[Outcome], way: str) -> list[Said]:
    said = [one.known if way == "known" else one.alone for one in found]
    return [one for one in said if one is not None]


def _share(said: Sequence[Said], *decisions: str) -> str:
    """Percent, with a decimal where it is not a whole number of percent; a dash for none."""
    if not said:
        return "–"
    count = sum(one.decision in decisions for one in said)
    return "100" if count == len(said) else f"{min(100 * count / len(said), 99.9):.1f}" if count else "0"


def _stops(found: Sequence[Outcome], way: str) -> list[str]:
    said = _said(found, way)
    return [_share(said, "confirm", "refuse"), _share(said, "confirm"), _share(said, "refuse")]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield "| " + " | ".join(head) + " |"
    yield "|---|" + "--:|" * (len(head) - 1)
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def _groups(found: Sequence[Outcome], by: Callable[[Outcome], str]) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for one in found:
        groups.setdefault(by(one), []).append(one)
    return groups


def _large(found: Sequence[Outcome]) -> list[Outcome]:
    return [one for one in found if one.times > LARGE]


def _stopped(said: Sequence[Said]) -> str:
    count = sum(one.decision != "accept" for one in said)
    low, high = _interval(count, len(said))
    return f"{count} of {len(said)} ({100 * count / len(said):.1f} %; 95 % interval {low:.1f} to {high:.1f})"


def _interval(count: int, of: int) -> tuple[float, float]:
    """Wilson's interval in percent."""
    z, share = 1.96, count / of
    middle = share + z * z / (2 * of)
    half = z * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return tuple(float(100 * (middle + sign * half) / (1 + z * z / of)) for sign in (-1, 1))  # type: ignore[return-value]


def _in_short(found: Sequence[Outcome]) -> Iterator[str]:
    right, wrong = _of(found, "correct"), _of(found, "slip")
    programs = sum(one.kind == "refilled, nothing changed" for one in right)
    yield f"## In short\n\n{programs} programs."
    for way, name in (("known", "With the running program known"), ("alone", "Alone")):
        said = _said(right, way)
        yield f"\n{name}:\n"
        large = _stopped(_said(_large(wrong), way))
        yield f"- slips that change a dose more than threefold against what was meant, stopped: {large};"
        yield f"- all slips, stopped: {_stopped(_said(wrong, way))};"
        yield (f"- correct steps, soft: {_share(said, 'confirm')} %, hard: {_share(said, 'refuse')} % of {len(said)}.")
    yield "\nThe aim, with the running program known: 99 %, and correct ones under 3 % soft, none hard."


def _kinds(found: Sequence[Outcome]) -> Iterator[str]:
    yield "\n## By kind of slip\n\nPercent. *Large*: the share of these slips that change a dose more than threefold."
    rows = []
    for kind, ones in _groups(_of(found, "slip"), lambda one: one.kind).items():
        large = f"{100 * len(_large(ones)) / len(ones):.0f}"
        rows.append([kind, str(len(ones)), large, *_stops(ones, "known"), *_stops(ones, "alone")])
    head = ["slip", "n", "large", "known: stopped", "soft", "hard", "alone: stopped", "soft", "hard"]
    yield from _table(head, sorted(rows))
    yield (
        "\nA missing bridge cannot be seen alone: nobody said what the catheter holds. *Concentrations swapped*, *primary drug "
        "swapped* and *label* are wrong entries beside the right syringe; with a *drug swapped* the wrong drug is in it. A "
        "shortened lockout leaves the dose of a day as it is, because the daily count still holds."
    )


def _correct(found: Sequence[Outcome]) -> Iterator[str]:
    right = _of(found, "correct")
    yield "\n## Correct programs\n\nPercent that are stopped although nothing is wrong."
    rows = [
        [kind, str(len(ones)), *_stops(ones, "known")[1:], *_stops(ones, "alone")[1:]]
        for kind, ones in _groups(right, lambda one: one.kind).items()
    ]
    yield from _table(["step", "n", "known: soft", "hard", "alone: soft", "hard"], rows)
    for way, name in (("known", "With the running program known"), ("alone", "Alone")):
        why = Counter(one for said in _said(right, way) for one in said.why)
        listed = ", ".join(f"`{code}` of {drug} {count}" for (code, drug), count in why.most_common(8)) or "nothing"
        yield f"\n{name}, by: {listed}."
    yield (
        "\nWhat stops correct ones with the running program known is a first step across a limit that a consensus or a "
        "published practice sets; whoever is beyond it already is not asked again. Alone, review must ask: five of six "
        "patients with a pump take no opioid by mouth, and a file that does not say what runs cannot tell them from one who "
        "is not used to opioids."
    )


def _drugs(found: Sequence[Outcome]) -> Iterator[str]:
    yield "\n## By drug\n\nBy the primary drug. Percent; *large* slips change a dose more than threefold."
    head = ["primary drug", "programs", "large slips stopped, known", "alone", "correct: soft, known", "hard, known"]
    rows = []
    for drug, ones in sorted(_groups(found, lambda one: one.drug).items()):
        right, large = _of(ones, "correct"), _large(_of(ones, "slip"))
        programs = sum(one.kind == "refilled, nothing changed" for one in right)
        if not programs:
            continue
        stops = [_stops(large, way)[0] for way in ("known", "alone")]
        rows.append([drug, str(programs), *stops, *_stops(right, "known")[1:], *_stops(right, "alone")[1:]])
    yield from _table([*head, "soft, alone", "hard, alone"], rows)


def _clinic(found: Sequence[Outcome]) -> Iterator[str]:
    clinic = figures()["clinic"]
    programs, rate, days = clinic["programs"], clinic["slip_rate"], clinic["days"]
    yield (
        f"\n## A clinic's day\n\nA clinic that has {programs} programs reviewed a day, of which {100 * rate:g} % have a slip "
        "in them. That share is chosen: no rate of programming slips of these pumps is published; all rows but the second "
        "scale with it. Kinds of slips and of correct steps are as frequent as above."
    )
    rows = []
    shares = {}
    for way in ("known", "alone"):
        right, wrong = _said(_of(found, "correct"), way), _said(_of(found, "slip"), way)
        large = _said(_large(_of(found, "slip")), way)
        asked = sum(one.decision != "accept" for one in right) / len(right)
        caught = sum(one.decision != "accept" for one in wrong) / len(wrong)
        past = sum(one.decision == "accept" for one in large) / len(wrong)
        shares[way] = (
            programs * rate * caught,
            programs * (1 - rate) * asked,
            caught * rate / (caught * rate + asked * (1 - rate)),
            days * programs * rate * (1 - caught),
            days * programs * rate * past,
        )
    names = (
        ("slips stopped a day", "{:.2f}", 1.0),
        ("correct programs stopped a day", "{:.2f}", 1.0),
        ("stops that are a slip", "{:.0f} %", 100.0),
        (f"slips that pass in a year of {days} days", "{:.1f}", 1.0),
        ("of these, more than threefold", "{:.2f}", 1.0),
    )
    for place, (name, shown, scale) in enumerate(names):
        rows.append([name, *(shown.format(scale * shares[way][place]) for way in ("known", "alone"))])
    yield from _table(["", "known", "alone"], rows)


def _apart(found: Sequence[Outcome]) -> Iterator[str]:
    yield "\n## Told apart\n\nWhat is no ordinary program, and in none of the figures above. Percent that are stopped."
    extreme, ten = _of(found, "extreme"), "ten times as much"
    parts = (
        ("the outermost doses ever reported, correct steps", [one for one in extreme if one.kind != ten]),
        ("the same, ten times as much", [one for one in extreme if one.kind == ten]),
        ("patients who take sedatives, dose raised", [o for o in _of(found, "sedatives") if o.kind == "dose raised"]),
        ("the same, refilled as it is", [o for o in _of(found, "sedatives") if o.kind != "dose raised"]),
        ("first programs after the operation", _of(found, "first")),
    )
    rows = [[name, str(len(ones)), *_stops(ones, "known")[1:], *_stops(ones, "alone")[1:]] for name, ones in parts]
    yield from _table(["programs", "n", "known: soft", "hard", "alone: soft", "hard"], rows)
    codes = Counter(code for said in _said(_of(found, "first"), "alone") for code, _ in said.why)
    if codes:
        yield (
            "\nFirst programs are asked about by " + ", ".join(f"`{code}` {n}" for code, n in codes.most_common()) + "."
        )
    yield "\nWho takes sedatives is asked about at every rise of a drug that adds to them: that is what the rule is for."


def _predicted(found: Sequence[Outcome]) -> Iterator[str]:
    yield (
        "\n## With the prediction\n\nThe same changes asked without and with the simulation of breathing and relief, with what "
        "runs. Percent that are stopped."
    )
    quick, full = _of(found, "quick"), _of(found, "predicted")
    rows = []
    for kind, ones in _groups(quick, lambda one: one.kind).items():
        with_it = [one for one in full if one.kind == kind]
        breathing = sum("predicted-breathing" in dict(said.why) for said in _said(with_it, "known"))
        rows.append([kind, str(len(ones)), _stops(ones, "known")[0], _stops(with_it, "known")[0], str(breathing)])
    yield from _table(["change", "n", "without", "with", "`predicted-breathing` asks"], rows)


def _missed(found: Sequence[Outcome]) -> Iterator[str]:
    missed = [one for one in _large(_of(found, "slip")) if one.known is not None and one.known.decision == "accept"]
    yield "\n## What passes\n"
    if not missed:
        yield "With the running program known, no slip that changes a dose more than threefold passes."
        return
    counted = Counter((one.kind, one.drug) for one in missed)
    yield "With the running program known, these change a dose more than threefold against what was meant, and pass:\n"
    yield from (f"- {kind}, {drug}: {count}" for (kind, drug), count in counted.most_common())


def _sources() -> Iterator[str]:
    cohorts = figures()["cohort"]
    yield "\n## What the programs are drawn from"
    total = sum(one["weight"] for one in cohorts)
    rows = [[one["name"], one["source"], f"{100 * one['weight'] / total:.0f}"] for one in cohorts]
    yield ""
    yield "| cohort | what is published | drawn, % |\n|---|---|--:|"
    yield from ("| " + " | ".join(row) + " |" for row in rows)
