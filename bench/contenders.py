"""Who takes part in the bench, and on what terms."""

from __future__ import annotations

from dataclasses import dataclass
from pkgutil import resolve_name

from bench.workloads import Run, Workload

#: 1, 2 and 5 times powers of ten, the loosest first.
TOLERANCES = tuple(float(f"{digit}e-{power}") for power in range(3, 12) for digit in (5, 2, 1))
#: The largest error, in parts of an output's peak, of all outputs.
LARGEST_ERROR, EXACT = 1e-4, 1e-9
#: libRoadRunner runs so many days, because it is slow, and its time is scaled to all of them.
SLOW_DAYS = 9.0
#: CVODE's sparse form too, because SuperLU_MT keeps some memory at every factorisation: about 400 MB in the 90 days of W1.
LEAKING_DAYS = 30.0


@dataclass(frozen=True)
class Contender:
    """A method: ``where`` is the function that makes it ready for a workload, as module:name, imported when it is used.

    It runs at the first of ``tolerances`` at which no error is larger than ``largest_error``. ``own`` is this program;
    ``baseline`` is what the others are compared with. With ``days``, it runs no longer than these. ``counted`` says how its
    floating-point operations are counted.
    """

    name: str
    where: str
    largest_error: float = LARGEST_ERROR
    tolerances: tuple[float, ...] = TOLERANCES
    own: bool = False
    baseline: bool = False
    days: float | None = None
    counted: str = ""

    def prepare(self, workload: Workload) -> Run:
        """Make it ready for ``workload``."""
        run: Run = resolve_name(self.where)(workload)
        return run

    def share(self, workload: Workload) -> Workload:
        """The part of ``workload`` that it runs."""
        return workload if self.days is None else workload.part(self.days)


#: The tolerance of a method that has none.
NONE = (0.0,)
LINEAR = (
    Contender(
        "own, shared rates",
        "bench.own:shared",
        tolerances=(LARGEST_ERROR,),
        own=True,
        counted="2 for each rate, step of the samples and row that is seen, and as many for the step itself; finding what the "
        "drug does at each rate is in the time and not in the count",
    ),
    Contender(
        "own, few modes",
        "bench.own:krylov",
        tolerances=(LARGEST_ERROR,),
        own=True,
        counted="2 for each mode, step of the samples and row that is seen, and as many for the step itself; finding the modes "
        "is in the time and not in the count",
    ),
    Contender(
        "own, few modes, exact",
        "bench.own:krylov",
        EXACT,
        (1e-9,),
        own=True,
        counted="the same",
    ),
    Contender(
        "own, dense modes",
        "bench.own:exact",
        EXACT,
        NONE,
        own=True,
        counted="10 for each mode and step between edges and samples, 2 for each mode, sample and output",
    ),
    Contender(
        "CVODE banded",
        "bench.cvode:banded",
        baseline=True,
        counted="for each call of the right-hand side 2 for each entry and a solve in the band, and a factorisation for each "
        "Jacobian; the integrator's own vectors are not counted",
    ),
    Contender("CVODE sparse", "bench.cvode:sparse", baseline=True, days=LEAKING_DAYS),
    Contender("SciPy BDF", "bench.bdf:bdf"),
    Contender("libRoadRunner", "bench.roadrunner_sbml:road_runner", days=SLOW_DAYS),
)
