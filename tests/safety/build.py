"""Write what docs/safety derives from its data: ``python -m tests.safety.build``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tests.safety.case import SAFETY, STATUSES, Case, Requirement, load

from intrathecal.pump.alarm_table import MATRIX, ONSETS, TABLE
from intrathecal.pump.alarms import MUTE_MS, PRIORITY
from intrathecal.pump.conduct import CONDITIONS, HAPPENINGS, NOTHING, Answer, Happening, alarms_in, answer, flow_in

WRITTEN = "Written by `python -m tests.safety.build`; change the data and not this file."
#: How the table of conduct writes a flow.
LETTERS = {NOTHING: "0", "the bridge": "B", "the minimum rate": "M", "the program and its boluses": "P"}


def pages() -> dict[str, str]:
    """The text of each page by its file's name."""
    return {"case.md": case_page(load()), "alarms.md": alarms_page()}


def case_page(case: Case) -> str:
    """Hazard, control, requirement, test."""
    counts = Counter(requirement.status for requirement in case.requirements)
    lines = [
        "# Safety case",
        "",
        WRITTEN,
        "",
        "For research and teaching: this pump is no medical device, and nothing here is a claim that it conforms to a",
        "standard. The claim is smaller: each hazard that we know has a control, each control what it must meet, and each",
        "requirement that is said to be met a test that fails when it is not.",
        "",
        _table(
            ["requirements", *STATUSES, "all"],
            [
                *([f"{head}...", *_counted(case, head)] for head in ("GIP", "PCA", "ACC")),
                ["all", *(str(counts[status]) for status in STATUSES), str(len(case.requirements))],
            ],
        ),
        "",
        "GIP: the Generic Infusion Pump's safety requirements (2009). PCA: what the Open PCA Pump adds (2020). ACC: the",
        "acceptance list of our controller. The frame of the hazards is that of the FDA's Total Product Life Cycle guidance",
        "(2014). Whether the list of hazards is complete, no machine can check: it was compared with those sources, with",
        "recalls of implanted pumps, and with what the seeded torture of the pump finds.",
        "",
        "## Hazards",
        "",
        _table(
            ["", "source", "what goes wrong", "it leads to", "controls"],
            [
                [
                    hazard.id,
                    hazard.source,
                    hazard.what,
                    hazard.hazard,
                    _links(hazard.controls) or f"outside: {hazard.outside}",
                ]
                for hazard in case.hazards
            ],
        ),
        "",
        "## Controls, requirements and tests",
        "",
    ]
    known = {requirement.id: requirement for requirement in case.requirements}
    for control in case.controls:
        before = [hazard.id for hazard in case.hazards if control.id in hazard.controls]
        lines += [f"### {control.id}", "", f"{control.what} Stands before {', '.join(before)}.", ""]
        if not case.in_place(control):
            lines += ["**Not in place yet.**", ""]
        for name in control.requirements:
            lines += _requirement(known[name], case.tests.get(name, ()))
        lines.append("")
    lines += ["## What does not apply", ""]
    lines += [
        f"- **{requirement.id}** {requirement.asks} {requirement.why}"
        for requirement in case.requirements
        if requirement.status == "not applicable"
    ]
    return "\n".join(lines) + "\n"


def _counted(case: Case, head: str) -> list[str]:
    counts = Counter(each.status for each in case.requirements if each.id.startswith(head))
    return [*(str(counts[status]) for status in STATUSES), str(counts.total())]


def _requirement(requirement: Requirement, tests: Sequence[str]) -> list[str]:
    said = " ".join(text for text in (f"**{requirement.id}** {requirement.asks}", requirement.why) if text)
    if requirement.status != "met":
        said = f"**{requirement.id}** {requirement.asks} *Not met:* {requirement.why}"
    return [f"- {said}", *(f"    - `{test}`" for test in tests)]


def _links(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}](#{name.lower()})" for name in names)


def alarms_page() -> str:
    """The alarms, and what the pump does in every condition at everything that happens."""
    lines = [
        "# Alarms, and what the pump does",
        "",
        WRITTEN,
        "",
        "`tests/safety/test_conduct.py` holds the real pump (unit, memory, mechanism, clock) against every cell.",
        "",
        "## Alarms",
        "",
        _table(
            [
                "alarm",
                "when",
                "if nobody answers",
                "harm",
                "onset",
                "priority",
                "tone",
                "again",
                "flow meanwhile",
                "ends by",
            ],
            [
                [
                    f"`{row.name}` ({PRIORITY[row.name]})",
                    row.cause,
                    row.consequence,
                    row.harm,
                    row.onset,
                    f"**{row.priority}**",
                    row.tone,
                    row.again,
                    row.flow,
                    row.ends,
                ]
                for row in TABLE
            ],
        ),
        "",
        f"Each is heard when it begins and at each start, again while it lasts; a mute silences it for {MUTE_MS // 60_000} min",
        "and ends by itself. A failure of motor or memory cannot be muted.",
        "",
        "Priorities are computed, not chosen, from harm and onset (immediate: seconds; prompt: to minutes; delayed: later), by",
        "the matrix of IEC 60601-1-8 as it is widely known; it is not checked against the standard's text:",
        "",
        _table(["harm", *ONSETS], [[harm, *row] for harm, row in MATRIX.items()]),
        "",
        "## Conditions",
        "",
        "A pump may be in several at once. The first that says something about the flow decides it.",
        "",
        _table(
            ["condition", "flow", "alarm"],
            [[c.title, c.flow or "as otherwise", f"`{c.alarm}`" if c.alarm else ""] for c in CONDITIONS],
        ),
        "",
        "In none of them, the pump gives the program. Two days (on models that have it) without flow for any reason but a",
        "failure sound `stopped-too-long`. A fixed-rate pump refuses stop and resume; a pump that cannot feel its rotor has no",
        "stall.",
        "",
        "## Everything that happens, in every condition",
        "",
        "What the pump gives afterwards: **P** the program and its boluses, **B** the bridge, **M** the minimum rate, **0**",
        "nothing; **!** an alarm begins; **x** it is refused, and nothing changes.",
        "",
        _table(["", *(c.title for c in CONDITIONS)], [_conduct(happening) for happening in HAPPENINGS]),
        "",
        "### Why it is refused, what it begins, what it ends",
        "",
        _table(
            ["what happens", "refused", "begins", "ends"],
            [[h.title, "; ".join(_reasons(h)), _titles(h.begins), _titles(h.ends)] for h in HAPPENINGS],
        ),
    ]
    return "\n".join(lines) + "\n"


def _conduct(happening: Happening) -> list[str]:
    cells = [happening.title]
    for condition in CONDITIONS:
        before = frozenset({condition.name})
        cells.append(_cell(before, answer(before, happening)))
    return cells


def _cell(before: frozenset[str], said: Answer) -> str:
    if said.refused:
        return "x"
    alarm = "!" if alarms_in(said.conditions) - alarms_in(before) else ""
    return LETTERS[flow_in(said.conditions)] + alarm


def _reasons(happening: Happening) -> list[str]:
    titles = {c.name: c.title for c in CONDITIONS}
    reasons = [f"{titles[name]}: “{reason}”" for name, reason in happening.refused]
    if happening.only_in is not None:
        reasons.append(f"unless {titles[happening.only_in[0]]}: “{happening.only_in[1]}”")
    return [*reasons, f"always: “{happening.never}”"] if happening.never else reasons


def _titles(names: Iterable[str]) -> str:
    titles = {c.name: c.title for c in CONDITIONS}
    return ", ".join(titles[name] for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)


if __name__ == "__main__":
    for name, text in pages().items():
        (SAFETY / name).write_text(text, encoding="utf-8")
