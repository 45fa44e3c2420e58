"""The command that fits one patient and predicts the next program."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intrathecal.cli import typed
from intrathecal.cli.options import CatalogueFiles, Json, TherapyFile
from intrathecal.cli.output import tell
from intrathecal.cli.progress import progress_bar
from intrathecal.cli.studies import MOST_SEED
from intrathecal.cli.summary import number, table

if TYPE_CHECKING:
    from intrathecal.simulation.observed import PainScore, Sample
    from intrathecal.therapy import Therapy

FEWEST_DRAWS, MOST_DRAWS = 20, 100_000
FEWEST_STEPS, MOST_STEPS = 25, 1_000_000
WIDTH = 100
#: As many values, and days of the next program, as fit on a screen.
MOST_VALUES, MOST_DAYS = 10, 14
POINTS = ("median", "p05", "p95")
#: What part of the time the fit takes; the rest goes into the next program.
FITTING = 0.8


def fit(
    therapy: TherapyFile,
    diary: Annotated[
        Path | None,
        typer.Option(metavar="DIARY.csv", help="Scores of pain: time, nrs.", show_default=False),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(
            metavar="SAMPLES.csv",
            help="Samples: time, drug, fluid (csf or plasma), level, concentration.",
            show_default=False,
        ),
    ] = None,
    predict: Annotated[
        Path | None,
        typer.Option(metavar="NEXT.toml", help="The same patient with the next program.", show_default=False),
    ] = None,
    seed: Annotated[str, typer.Option(metavar="S", help="What the draws are made from.")] = "0",
    draws: Annotated[str, typer.Option(metavar="N", help="How many independent draws are wanted.")] = "200",
    steps: Annotated[str, typer.Option(metavar="N", help="The most steps that the chain takes.")] = "1000",
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Fit one patient to a pain diary, to samples, or to both, and predict the next program with its band."""
    drawn = typed.whole("--seed", seed, 0, MOST_SEED)
    wanted = typed.whole("--draws", draws, FEWEST_DRAWS, MOST_DRAWS)
    most = typed.whole("--steps", steps, FEWEST_STEPS, MOST_STEPS)
    if diary is None and samples is None:
        raise typed.OptionError("--diary, --samples: neither is given; a fit needs data: give one of them or both")
    from intrathecal.cohort.fitting import posterior
    from intrathecal.cohort.fitting.predicting import check_same_patient
    from intrathecal.cohort.fitting.predicting import predict as foresee
    from intrathecal.cohort.fitting.telling import figures, predicted
    from intrathecal.cohort.fitting.working import together
    from intrathecal.therapy import load_therapy

    files = tuple(catalogue or ())
    plan = load_therapy(therapy, files)
    following = None if predict is None else load_therapy(predict, files)
    if following is not None:
        check_same_patient(plan, following)
    scores, measured, notes = _data(diary, samples, plan)
    with progress_bar("Fitting") as progress, together() as share_out:
        found = posterior.fit(
            plan,
            scores,
            measured,
            seed=drawn,
            draws=wanted,
            steps=most,
            share_out=share_out,
            progress=lambda done: progress(FITTING * done),
        )
        told = {
            "file": str(therapy),
            "seed": drawn,
            **figures(found),
            "notes": [*plan.notes, *notes],
            "prediction": None,
        }
        if following is not None:
            told["prediction"] = predicted(foresee(found, following, seed=drawn, share_out=share_out))
    tell(told, fit_text(told), json)


def _data(
    diary: Path | None, samples: Path | None, therapy: Therapy
) -> tuple[tuple[PainScore, ...], tuple[Sample, ...], tuple[str, ...]]:
    """Scores and samples, and notes on the diary."""
    from intrathecal.care.pain_scores import load_scores
    from intrathecal.care.samples import load_samples

    scores, notes = ((), ()) if diary is None else load_scores(diary, therapy)
    return scores, () if samples is None else load_samples(samples, therapy), notes


def fit_text(told: dict[str, Any]) -> str:
    """The figures for the terminal."""
    data, chain = told["data"], told["chain"]
    narrowed = [value for value in told["values"] if value["fitted"]]
    lines = [
        f"Fitted to {data['scores']} scores and {data['samples']} samples, seed {told['seed']}: "
        f"{told['informed_directions']} directions in which the data say something",
        "",
        *_values(narrowed),
        *_how_well(chain, told),
        *_next(told["prediction"]),
        *(fill(sentence, WIDTH, subsequent_indent="  ") for sentence in (*told["sentences"], *told["notes"])),
    ]
    return "\n".join(lines) + "\n"


def _values(narrowed: list[dict[str, Any]]) -> list[str]:
    if not narrowed:
        return []
    head = ["fitted value", "unit", "before: median", "5%", "95%", "fitted: likeliest", "median", "5%", "95%"]
    rows = [
        [
            value["name"],
            value["unit"].replace("dimensionless", ""),
            *(number(value["prior"][key], 3) for key in POINTS),
            number(value["most_likely"], 3),
            *(number(value["posterior"][key], 3) for key in POINTS),
        ]
        for value in narrowed[:MOST_VALUES]
    ]
    more = len(narrowed) - len(rows)
    return [*table(head, rows, left=(0, 1)), *([f"and {more} more, less so"] if more else []), ""]


def _how_well(chain: dict[str, Any], told: dict[str, Any]) -> list[str]:
    if not chain["steps"]:
        return []
    return [
        f"mean square of the residuals: {told['misfit']:.2f} (about 1 where the model holds)",
        f"chain: {chain['walkers']} walkers, {chain['steps']} steps, autocorrelation {chain['autocorrelation_steps']:.1f} "
        f"steps, worth {chain['effective_draws']:.0f} independent draws, {chain['acceptance']:.0%} of steps taken",
        "",
    ]


def _next(prediction: dict[str, Any] | None) -> list[str]:
    if prediction is None:
        return []
    rows = [
        [f"{prediction['followed']}, mean of the last 7 days", *_three(prediction["complaint_mean"])],
        ["relief, %", *_three(prediction["relief_percent"])],
        ["lowest breathing, % of normal", *_three(prediction["breathing_fraction_min"], 100.0)],
        ["presses given", *_three(prediction["presses_given"])],
    ]
    responds = prediction["responds_probability"]
    return [
        f"Predicted for {prediction['file']}, from {prediction['draws']} draws",
        *table(["", *("median", "5%", "95%")], rows, left=(0,)),
        *([] if responds is None else [f"probability that relief is at least half: {responds:.0%}"]),
        "",
        *_course(prediction),
        "",
    ]


def _course(prediction: dict[str, Any]) -> list[str]:
    """The bands at some of the hours, evenly."""
    hours = prediction["hours"]
    days = max(1, round(hours[-1] / 24))
    every = 24 * -(-days // MOST_DAYS)
    chosen = [place for place, hour in enumerate(hours) if hour % every == 0]
    rows = [
        [
            number(hours[place] / 24, 3),
            *(number(round(prediction["complaint"][key][place], 1)) for key in POINTS),
            *(f"{100 * prediction['breathing_fraction'][key][place]:.0f}" for key in POINTS),
        ]
        for place in chosen
    ]
    head = ["day", prediction["followed"], "5%", "95%", "breathing, %", "5%", "95%"]
    return table(head, rows, left=())


def _three(of: dict[str, float | None], scale: float = 1.0) -> list[str]:
    points = [of[key] for key in POINTS]
    return ["-" if point is None else number(point * scale, 3) for point in points]
