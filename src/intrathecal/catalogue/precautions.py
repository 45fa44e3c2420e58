"""What a drug asks for besides limits, which drugs a pump's label names, and the figures that review works with."""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.catalogue.values import Concentration, Duration, Flow, MassRate, Positive, Ratio, Share


@dataclass(frozen=True)
class Precaution:
    """What one drug asks for; its name is the drug's.

    ``also_called`` and ``allergy_words`` are the names and classes under which an allergy may be written; ``families`` are
    the words by which mixtures speak of it. ``when_given`` says what to watch for after a rise; ``when_stopped`` the same
    after a stop or a cut, None where stopping does no harm, with its ``stopped_source``; ``with_sedatives`` what its source
    says of sedatives beside it. ``least_age`` is the age from which the label has it; ``low_filtration`` the filtration
    below which a source asks for care. Above ``granuloma_daily_dose`` and ``granuloma_concentration`` masses at the
    catheter's tip are looked for.
    """

    name: str
    also_called: tuple[str, ...]
    allergy_words: tuple[str, ...]
    families: tuple[str, ...]
    when_given: str
    when_stopped: str | None = None
    stopped_source: tuple[str, ...] = ()
    stopped_verified: bool = False
    with_sedatives: str | None = None
    sedatives_source: tuple[str, ...] = ()
    sedatives_verified: bool = False
    least_age: Duration | None = None
    low_filtration: Flow | None = None
    granuloma_daily_dose: MassRate | None = None
    granuloma_concentration: Concentration | None = None


@dataclass(frozen=True)
class PumpLabel:
    """The ``drugs`` that the labels of some pumps name; ``pumps`` are the beginnings of their names."""

    name: str
    title: str
    pumps: tuple[str, ...]
    drugs: tuple[str, ...]
    source: tuple[str, ...]
    verified: bool


@dataclass(frozen=True)
class ReviewFigures:
    """What the rules of review work with.

    A ratio is taken for a slip by ten, by a thousand or from hour to day when it is within ``slip_factor`` of that;
    two figures are the same when they differ by no more than ``same_figure``. A drug that runs at less than ``trace_share`` of
    its least dose in practice is taken as stopped. Patients younger than ``child_below`` are children; a pump that was
    implanted within ``new_pump`` before the fill is new. ``granuloma_yearly_rise`` is the rise of the dose within a year, in
    times, that is looked at twice. A prediction follows what runs for ``predicted_before`` and the change for
    ``predicted_after``; below ``low_breathing``, and lower by ``breathing_fall`` than with what runs, a person confirms.
    """

    slip_factor: Positive
    same_figure: Share
    trace_share: Share
    child_below: Duration
    new_pump: Duration
    granuloma_yearly_rise: Ratio
    predicted_before: Duration
    predicted_after: Duration
    low_breathing: Share
    breathing_fall: Share
