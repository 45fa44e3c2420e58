"""One patient fitted: each part against what is known exactly, and the whole against patients whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.fits import data, therapies
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm
from tests.simulation.support import therapy_text

from intrathecal.catalogue import load_catalogue
from intrathecal.cohort.drawing import DRIVE, HEIGHT, PAIN, PRESSING, WEIGHT, Drawn, Population
from intrathecal.cohort.fitting.chain import Chain, sampled
from intrathecal.cohort.fitting.errors import FitError
from intrathecal.cohort.fitting.expecting import Expecting, mean_score
from intrathecal.cohort.fitting.likelihood import Likelihood, score_covariance
from intrathecal.cohort.fitting.mode import Mode, find_mode
from intrathecal.cohort.fitting.posterior import Posterior, fit
from intrathecal.cohort.fitting.predicting import predict
from intrathecal.cohort.fitting.prior import Prior, carried
from intrathecal.cohort.fitting.telling import figures, predicted
from intrathecal.cohort.lives import Study
from intrathecal.flow import Array
from intrathecal.relief import scores
from intrathecal.simulation.api import simulate
from intrathecal.simulation.observed import PainScore, Sample
from intrathecal.therapy import Therapy, parse_therapy

CATALOGUE = load_catalogue()
HOUR_MS = 3_600_000
#: This patient still has pain: where all scores are 0, they scatter less than elsewhere.
DAYS, PATIENT, SEED = 3, 5, 20260302
#: Two weeks of scores at once would make this slow; samples tell most in a short time.
TAKEN = ((30, "L3"), (60, "L3"), (30, "plasma"), (70, "plasma"))


def therapy(presses: str = '"never"', **keys: str) -> Therapy:
    """A therapy of morphine from a text."""
    return parse_therapy(therapy_text(presses=presses, **keys), "given.toml", Path())


@dataclass(frozen=True)
class Known:
    """A patient whose truth is known, the fit of the data, and the therapy that follows."""

    drawn: Drawn
    found: Posterior
    first: Therapy
    second: Therapy


@pytest.fixture(scope="module")
def known() -> Known:
    """One patient of the population, fitted to three days of scores and four samples."""
    first, second = therapies(DAYS)
    study = Study.of(first, SEED)
    drawn = study.population.draw(PATIENT)
    diary, samples = data(study, drawn, DAYS, TAKEN)
    return Known(drawn, fit(first, diary, samples, seed=1, draws=80, steps=150), first, second)


# ---- before the data


def test_correlations_are_those_of_the_patients_who_are_drawn() -> None:
    """Of 500 patients, for every pair: within five standard errors."""
    people = Population(therapies()[0], 1)
    drawn = np.array([[people.draw(index).deviates[name] for name in people.names] for index in range(500)])
    wanted = people.correlations()

    error = (1.0 - wanted**2) / np.sqrt(len(drawn))
    assert np.all(np.abs(np.corrcoef(drawn.T) - wanted) <= 5.0 * error + 1e-12)
    assert np.count_nonzero(np.triu(wanted, 1)) > 10


def test_what_a_file_gives_is_known_and_the_rest_scatters_given_it() -> None:
    """The scatter that is left, from the inverse of a block of the inverse: another way to the same numbers."""
    prior = Prior.of(therapy())
    people = prior.population
    free = [people.names.index(name) for name in prior.names]
    precision = np.linalg.inv(people.correlations())
    left = np.linalg.inv(precision[np.ix_(free, free)])

    assert set(prior.known) == {HEIGHT, WEIGHT, DRIVE, PRESSING}
    assert prior.factor @ prior.factor.T == pytest.approx(left, abs=1e-9)
    assert Prior.of(therapies()[0]).known == (PRESSING, DRIVE)


def test_a_patient_at_zero_is_the_one_of_the_file() -> None:
    """The median of everything, with the file's own seed."""
    plan = therapy()
    prior = Prior.of(plan)
    patient = prior.patient(np.zeros(len(prior.names)))

    assert (patient.height_cm, patient.weight_kg, patient.pain) == (172, 78, plan.patient.pain)
    assert patient.seed == plan.simulation.seed
    for name, value in patient.values.items():
        original = next(one.value for one in prior.population.varying if one.name == name)
        assert float(value.number) == pytest.approx(float(original.number), rel=1e-5)


def test_a_new_drug_is_drawn_given_the_others() -> None:
    """Sensitivities of one person correlate by one half: that to hydromorphone follows that to morphine by half."""
    first = therapy()
    second = parse_therapy(therapy_text().replace("morphine", "hydromorphone"), "next.toml", Path())
    prior = Prior.of(first)
    old, new = ("drug.morphine.response.spinal_ec50", "drug.hydromorphone.response.spinal_ec50")
    deviates = np.random.default_rng(1).standard_normal((4000, len(prior.names))) @ prior.factor.T
    column = prior.names.index(old)

    drawn = np.array([one[new] for one in carried(prior, deviates, second, np.random.default_rng(2))])

    assert np.corrcoef(deviates[:, column], drawn)[0, 1] == pytest.approx(0.5, abs=0.05)
    assert np.std(drawn) == pytest.approx(1.0, abs=0.05)


# ---- what is expected, and how likely it is


@pytest.mark.parametrize("pain", [0.0, 0.3, 2.5, 4.0, 9.2, 10.0])
def test_the_mean_of_a_score_is_an_integral(pain: float) -> None:
    """Of the answer over the scatter, from one step of the answer to the next."""
    sd = 1.1

    def answer(z: float) -> float:
        return float(scores(np.array([pain]), np.array([sd * z]))[0]) * float(norm.pdf(z))

    steps = [-9.0, *((edge - pain) / sd for edge in np.arange(0.5, 10.0)), 9.0]
    assert sorted(steps) == steps
    whole = sum(quad(answer, low, high)[0] for low, high in pairwise(steps))
    assert float(mean_score(np.array([pain]), sd)[0]) == pytest.approx(whole, abs=1e-6)


def test_what_is_expected_is_what_the_simulation_has() -> None:
    """Scores and concentrations of a patient far from the median, while they rise and after boluses."""
    given = therapy(program="1 mg/day\nbolus 0.3 mg over 10 min at 12:00")
    told = [PainScore(hour * HOUR_MS, 5.0) for hour in (1, 3, 30)]
    taken = [
        Sample(hour * HOUR_MS, "morphine", site, 1.0)
        for hour, site in ((1, "L3"), (3, "L3"), (4, "plasma"), (31, "L3"))
    ]
    expecting = Expecting.of(given, told, taken)
    u = np.random.default_rng(5).standard_normal(len(expecting.prior.names))
    plan = expecting.prior.population.therapy_of(expecting.prior.patient(u))
    run = simulate(plan, every_ms=HOUR_MS)
    hours = run.data["time"] / 3600
    sd = CATALOGUE.relief.score_sd.canonical
    pain = np.interp([score.at_ms / HOUR_MS for score in expecting.scores], hours, run.data["pain"])
    z_cm = run.finished.case.channels[0].system.canal.sites_cm["L3"]
    csf = run.data["csf_concentration"].isel(drug=0).interp(z=z_cm)
    seen = {"L3": csf, "plasma": run.data["plasma_concentration"].isel(drug=0)}
    levels = [np.interp(one.at_ms / HOUR_MS, hours, seen[one.site]) for one in expecting.samples]

    found = expecting.at(u)

    assert found is not None
    assert found[: len(pain)] == pytest.approx(mean_score(pain, sd), abs=2e-3)
    assert np.exp(found[len(pain) :]) == pytest.approx(np.array(levels), rel=2e-3)


def test_the_likelihood_is_that_of_a_normal_distribution(known: Known) -> None:
    """Its covariance written down pair by pair, its density from SciPy."""
    expecting, likelihood = known.found.expecting, known.found.likelihood
    relief, cv = CATALOGUE.relief, CATALOGUE.population.sample_cv.canonical
    count, size = len(expecting.scores), expecting.count
    covariance = np.zeros((size, size))
    for row, one in enumerate(expecting.scores):
        for column, other in enumerate(expecting.scores):
            days = abs(one.at_ms - other.at_ms) / (24 * HOUR_MS)
            covariance[row, column] = (
                relief.score_sd.canonical**2 * relief.score_day_correlation.canonical**days + (row == column) / 12.0
            )
    for row in range(count, size):
        covariance[row, row] = np.log(1.0 + cv**2)
    told = [*(score.nrs for score in expecting.scores), *(np.log(sample.ug_per_mL) for sample in expecting.samples)]
    means = np.random.default_rng(3).normal(2.0, 1.0, (4, size))

    wanted = [multivariate_normal(mean, covariance).logpdf(told) for mean in means]

    assert likelihood.log_density(means) == pytest.approx(np.array(wanted), rel=1e-10)


def test_scores_before_the_start_are_of_the_pain_before() -> None:
    """Whatever was given since."""
    plan = therapy(program="2 mg/day")
    pain = plan.patient.pain
    expecting = Expecting.of(plan, [PainScore(-HOUR_MS, 7.0), PainScore(24 * HOUR_MS, 4.0)], [])
    found = expecting.at(np.zeros(len(expecting.prior.names)))

    assert found is not None
    assert found[0] == pytest.approx(float(mean_score(np.array([pain]), CATALOGUE.relief.score_sd.canonical)[0]))
    assert found[1] < found[0] - 0.5


# ---- maximum and draws


def linear(slope: Array, observed: Array) -> tuple[Mode, Array, Array]:
    """The mode of a linear model with independent scatter of one, and its exact posterior mean and covariance."""
    size = slope.shape[1]
    covariance = np.asarray(np.linalg.inv(slope.T @ slope + np.eye(size)))
    likelihood = Likelihood(observed, np.eye(len(observed)))
    mode = find_mode(lambda u: u @ slope.T, likelihood, size, np.random.default_rng(1))
    return mode, covariance @ slope.T @ observed, covariance


def test_a_linear_model_has_the_exact_posterior() -> None:
    """Maximum, gains and draws, where theory gives mean and covariance; one direction is not informed and keeps its prior."""
    random = np.random.default_rng(2)
    slope = random.standard_normal((6, 4)) * np.array([2.0, 1.0, 0.5, 0.0])
    mode, mean, covariance = linear(slope, random.standard_normal(6))

    assert mode.u == pytest.approx(mean, abs=1e-3)
    assert mode.sampled == 3
    drawn = mode.drawn(mode.start + mode.widths[:3] * random.standard_normal((40_000, 3)), random)
    assert np.cov(drawn.T) == pytest.approx(covariance, abs=0.03)
    assert drawn.mean(axis=0) == pytest.approx(mean, abs=0.03)


def test_the_chain_has_the_mean_and_the_variance_of_its_density() -> None:
    """Of a skewed density, with proposals whose centre and width are wrong."""
    shape = 4.0
    mode = replace(linear(np.eye(2), np.zeros(2))[0], u=np.array([0.5, -0.5]))

    def density(places: Array) -> Array:
        """The logarithm of a gamma variate, and a normal one of standard deviation 0.4."""
        return shape * places[:, 0] - np.exp(places[:, 0]) - 0.5 * (places[:, 1] / 0.4) ** 2

    mode = replace(mode, directions=np.eye(2))
    chain = sampled(density, mode, 2000, 4000, 3, lambda done: None)
    drawn = chain.kept.reshape(-1, 2)
    error = np.sqrt(1.0 / chain.effective)

    assert chain.is_long_enough
    assert chain.effective >= 2000
    assert np.exp(drawn[:, 0]).mean() == pytest.approx(shape, abs=5 * error * np.sqrt(shape))
    assert np.exp(drawn[:, 0]).var() == pytest.approx(shape, rel=0.2)
    assert drawn[:, 1].std() == pytest.approx(0.4, rel=0.1)


def test_the_same_seed_gives_the_same_draws(known: Known) -> None:
    """To the last bit, and another seed others."""
    mode = known.found.mode

    def density(places: Array) -> Array:
        return np.asarray(-0.5 * (places**2).sum(axis=1))

    first, again, other = (sampled(density, mode, 50, 50, seed, lambda done: None).kept for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_data_the_posterior_is_the_prior() -> None:
    """And it is said."""
    found = fit(therapies()[0], [], [], draws=4000)
    prior = found.expecting.prior

    assert np.cov(found.deviates.T) == pytest.approx(prior.factor @ prior.factor.T, abs=0.09)
    assert np.abs(found.learned).max() == pytest.approx(0.0, abs=1e-12)
    assert "the prior" in figures(found)["sentences"][0]


# ---- the whole


def test_the_truth_lies_within_what_is_found(known: Known) -> None:
    """For the values that the data narrowed most, within the central 99 %; and the data did narrow some."""
    prior, learned = known.found.expecting.prior, known.found.learned
    best = np.argsort(-learned)[:6]

    assert learned[best[0]] > 0.5
    assert np.all((learned > -1e-9) & (learned < 1.0))
    for place in best:
        low, high = np.quantile(known.found.deviates[:, place], [0.005, 0.995])
        assert low <= known.drawn.deviates[prior.names[place]] <= high
    assert known.found.chain.effective > 80
    # Data only narrow what was believed before, the more so the more they say along a direction.
    walked = known.found.chain.kept.reshape(-1, known.found.mode.sampled).std(axis=0)
    assert walked == pytest.approx(known.found.mode.widths[: len(walked)], rel=0.35)
    assert 0.3 < known.found.misfit < 2.5


def test_the_band_of_the_next_program_holds_the_truth(known: Known) -> None:
    """At every hour within the range of the draws, and the mean pain within the 98 % interval."""
    then = predict(known.found, known.second, seed=1)
    people = Study.of(known.second, SEED)
    truth = people.life(people.population.patient(known.drawn.deviates, 0, known.drawn.seed), {})
    told = predicted(then)
    low, high = np.quantile(then.mean, [0.01, 0.99])

    assert low <= truth.complaint_mean <= high
    pain = truth.complaint[np.searchsorted(truth.times_s, then.times_s)]
    assert np.mean((then.complaint.min(axis=0) <= pain) & (pain <= then.complaint.max(axis=0))) == 1.0
    assert told["complaint"]["p05"][-1] <= told["complaint"]["median"][-1] <= told["complaint"]["p95"][-1]
    assert len(told["hours"]) == len(told["complaint"]["median"]) == 2 * DAYS * 24 + 1
    assert told["at"][0] == "2026-03-02T00:00:00+00:00"


def test_figures_tell_every_value_in_its_unit(known: Known) -> None:
    """The most narrowed first; ends in order; what was fitted stands beside the data."""
    told: dict[str, Any] = figures(known.found)
    removed = [value["variance_removed"] for value in told["values"]]
    by_name: Mapping[str, Any] = {value["name"]: value for value in told["values"]}
    ec50 = by_name["drug.morphine.response.spinal_ec50"]

    assert removed == sorted(removed, reverse=True)
    assert set(by_name) == set(known.found.expecting.prior.names)
    assert (by_name[PAIN]["unit"], ec50["unit"]) == ("points", "ng/mL")
    assert ec50["prior"]["median"] == float(CATALOGUE.drugs["morphine"].response.spinal_ec50.number)
    for value in told["values"]:
        assert value["posterior"]["p05"] <= value["posterior"]["median"] <= value["posterior"]["p95"]
    assert [one["nrs"] for one in told["fitted"]["scores"]] == [one.nrs for one in known.found.expecting.scores]
    assert told["fitted"]["samples"][0]["site"] == "L3"


def test_a_short_chain_is_said_to_be_short(known: Known) -> None:
    """With what would help."""
    walked = np.random.default_rng(1).standard_normal((30, 8, known.found.mode.sampled))
    short = replace(known.found, chain=Chain(walked, 5, np.full(known.found.mode.sampled, 4.0), 0.5))

    assert any("too short to trust" in one and "--steps" in one for one in figures(short)["sentences"])


def test_data_that_the_model_cannot_bring_about_are_said_to_be_so(known: Known) -> None:
    """Scores of 0 and 10 in turn, an hour apart."""
    odd = replace(known.found.likelihood, observed=np.where(np.arange(known.found.expecting.count) % 2, 10.0, 0.0))

    assert not any("does not describe" in one for one in figures(known.found)["sentences"])
    assert any("does not describe" in one for one in figures(replace(known.found, likelihood=odd))["sentences"])


# ---- what is refused


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (
            therapy('"when pain > 5"', program="1 mg/day\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day"),
            "hang on",
        ),
        (
            parse_therapy('[[drug]]\nname = "morphine"\n[simulation]\ndays = 2\n', "given.toml", Path()),
            "there is no pump",
        ),
    ],
)
def test_a_therapy_that_cannot_be_fitted_is_refused(plan: Therapy, said: str) -> None:
    """With the file, and what would be right."""
    with pytest.raises(FitError, match=said) as caught:
        Expecting.of(plan, [PainScore(HOUR_MS, 5.0)], [])

    assert str(caught.value).startswith("given.toml: ")
    assert "; " in str(caught.value)


def test_presses_on_pain_are_no_matter_without_a_handset() -> None:
    """There is nothing to press for."""
    assert Expecting.of(therapy('"when pain > 5"'), [PainScore(HOUR_MS, 5.0)], []).count == 1


def test_another_patient_is_not_predicted(known: Known) -> None:
    """The message names what differs."""
    other = replace(known.second, patient=replace(known.second.patient, pain=3.0))

    with pytest.raises(FitError, match=r"next\.toml: patient\.pain is 3\.0 and in first\.toml 7"):
        predict(known.found, other)


def test_the_order_of_what_was_observed_is_no_matter() -> None:
    """Scores and samples are put in order of time."""
    plan = therapy(program="2 mg/day")
    told = [PainScore(hour * HOUR_MS, 5.0 + hour % 2) for hour in (5, 40, 12)]
    taken = [Sample(hour * HOUR_MS, "morphine", "plasma", 0.001 * hour) for hour in (30, 10)]
    expecting, sorted_one = (
        Expecting.of(plan, told, taken),
        Expecting.of(plan, sorted(told, key=lambda one: one.at_ms), taken[::-1]),
    )
    u = np.zeros(len(expecting.prior.names))
    first, second = expecting.at(u), sorted_one.at(u)

    assert first is not None
    assert second is not None
    assert np.array_equal(expecting.observed, sorted_one.observed)
    assert np.array_equal(first, second)
    assert np.all(np.linalg.eigvalsh(score_covariance(CATALOGUE, np.array([0.0, 0.0, HOUR_MS]))) > 0)
