"""What the simulation predicts for breathing and relief, before and after."""

from __future__ import annotations

from collections.abc import Iterator

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding, Severity
from intrathecal.programmer.review.prediction import Predicted, predict
from intrathecal.programmer.review.rule import rule
from intrathecal.quantities import shorten

SOURCE = "simulation of the change; a model, and no patient"


@rule(
    codes=("predicted-breathing", "predicted-relief", "not-predicted"),
    about="Breathing and relief before and after are looked at before the program is sent.",
)
def prediction(case: Case) -> Iterator[Finding]:
    """Whatever goes wrong here, the other findings stand, and it is said that nothing was predicted."""
    try:
        found = predict(case)
    except Exception as problem:  # the model must never hide what the sums have found
        yield Finding(
            "not-predicted",
            "note",
            f"What the change does to breathing and relief could not be predicted: {shorten(str(problem), 300)}.",
            source=SOURCE,
            verified=False,
        )
        return
    yield from _breathing(case, found)
    yield _relief(found)


def _breathing(case: Case, found: Predicted) -> Iterator[Finding]:
    after, pressed, before = found.breathing_after, found.breathing_pressed, found.breathing_before
    if after is None:
        return
    review = case.therapy.catalogue.review
    low, fall = float(review.low_breathing.exact), float(review.breathing_fall.exact)
    # Who has a handset already was confirmed to press: like is compared with like.
    handset = case.before is not None and case.before.settings.orders.demand is not None
    least = after if pressed is None or handset else min(after, pressed)
    worse = before is None or least < before * (1 - fall)
    severity: Severity = "soft" if least < low and worse else "note"
    says = f"The model puts breathing at its least at {_percent(after)} of normal in the week after the change"
    says += "" if pressed is None else f", {_percent(pressed)} with all presses"
    says += "" if before is None else f"; it is {_percent(before)} with what runs"
    yield Finding(
        "predicted-breathing",
        severity,
        f"{says} (the model holds carbon dioxide constant: compare the figures, and do not take one alone).",
        value=100 * least,
        limit=100 * low,
        unit="% of normal",
        source=SOURCE,
        verified=False,
        second_person=severity == "soft",
    )


def _relief(found: Predicted) -> Finding:
    says = f"The model puts {found.followed} a week after the change at {found.felt_after:.1f}"
    says += "" if found.felt_before is None else f"; it is {found.felt_before:.1f} with what runs"
    return Finding(
        "predicted-relief",
        "note",
        f"{says} ({'0 to 10' if found.followed == 'pain' else 'modified Ashworth, 0 to 4'}).",
        value=found.felt_after,
        limit=found.felt_before,
        unit="points",
        source=SOURCE,
        verified=False,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


PREDICTED = (prediction,)
