"""A workload by libRoadRunner, from SBML written for it: its CVODE with a dense Jacobian by differences."""

from __future__ import annotations

import numpy as np
import roadrunner

from bench.sbml import INPUT, document, species
from bench.workloads import Run, Solved, Workload, absolute_tolerance

MOST_STEPS = 1_000_000


def road_runner(workload: Workload) -> Run:
    """Made ready for ``workload``: the model is written, read and compiled."""
    runner = roadrunner.RoadRunner(document(workload))
    runner.timeCourseSelections = [species(state) for state in range(len(workload.states))]
    seen = np.vstack([workload.rows, workload.counted])
    samples = workload.samples_s

    def run(rtol: float) -> Solved:
        runner.reset()
        integrator = runner.integrator
        for name, value in (
            ("relative_tolerance", rtol),
            ("absolute_tolerance", absolute_tolerance(workload)),
            ("stiff", True),
            ("maximum_num_steps", MOST_STEPS),
        ):
            integrator.setValue(name, value)
        found = []
        for segment, given in enumerate(workload.inputs):
            begin, end = workload.edges_s[segment : segment + 2]
            inside = samples[np.searchsorted(samples, begin, "right") : np.searchsorted(samples, end, "right")]
            runner.setValue(INPUT, float(given))
            states = np.asarray(runner.simulate(times=[float(begin), *np.union1d(inside, [end]).tolist()]))
            found.append(states[1 : 1 + inside.size] @ seen.T)
        together = np.concatenate(found)
        return Solved(together[:, :-1], together[:, -1])

    return run
