"""The modes against an integrator that knows nothing of them."""

import numpy as np
from bench.cvode import BAND, banded, order
from bench.demo import closed
from bench.workloads import Workload, errors_between

from intrathecal.catalogue import load_catalogue
from intrathecal.simulation.propagation import choose
from intrathecal.simulation.system import build_system


def test_three_days_agree_with_cvode() -> None:
    """Three days of rate changes and boluses agree with CVODE to 1e-4 of every output's peak, effect sites among them."""
    catalogue = load_catalogue()
    system = build_system(catalogue.drugs["morphine"], catalogue, 172, 78)
    random = np.random.default_rng(3)
    cuts = np.sort(random.random(60) * 3 * 86400)
    edges = np.unique(np.concatenate([np.arange(0, 3 * 86400 + 1, 7200.0), cuts, cuts[::6] + 120.0]))
    durations = np.diff(edges)
    inputs = random.random((durations.size, 1)) * 0.02
    inputs[np.searchsorted(edges, cuts[::6])] = 1.5
    source = system.source("intrathecal", system.canal.sites_cm["T10"])
    start = 500.0 * system.source("oral")
    inside = [system.tip_row(40.0), system.csf_profile[120], system.cord_profile[90]]
    rows = np.array([*system.sites.values(), *system.effects.values(), *inside])
    propagator = choose(system)
    run = propagator.run(propagator.internal(start), durations, inputs, source[:, None])
    generator, counted = closed(system)
    workload = Workload(
        name="three days",
        states=(*system.states, "eliminated"),
        generator=generator,
        source=np.append(source, 0.0),
        start=np.append(start, 0.0),
        edges_s=edges,
        inputs=inputs[:, 0],
        samples_s=edges[1:],
        outputs=tuple(map(str, range(len(rows)))),
        rows=np.pad(rows, ((0, 0), (0, 1))),
        counted=counted,
        reference=propagator.observe(run.states[1:], rows),
        agreement=0.0,
    )
    found = banded(workload)(1e-6)
    assert errors_between(found.outputs, workload.reference).max() <= 1e-4


def test_band_holds_all_but_the_blood() -> None:
    """In the order used, everything but the exchange with plasma and what effect sites read lies within the band."""
    catalogue = load_catalogue()
    system = build_system(catalogue.drugs["morphine"], catalogue, 172, 78)
    chosen = order(system.states)
    rows, columns = system.generator[chosen][:, chosen].nonzero()
    names = np.array(system.states)[chosen]
    outside = np.abs(rows - columns) > BAND
    copies = [f"effect {site}" for site in system.effects]
    blood = (names[rows[outside]] == "plasma") | (names[columns[outside]] == "plasma")
    assert np.all(blood | np.isin(names[rows[outside]], copies))
