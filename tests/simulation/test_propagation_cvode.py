"""The modes against an integrator that knows nothing of them."""

import numpy as np
from bench.cvode import BAND, advance, order

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
    sources = system.source("intrathecal", system.canal.sites_cm["T10"])[:, None]
    start = 500.0 * system.source("oral")
    inside = [system.tip_row(40.0), system.csf_profile[120], system.cord_profile[90]]
    rows = np.array([*system.sites.values(), *system.effects.values(), *inside])
    propagator = choose(system)
    run = propagator.run(propagator.internal(start), durations, inputs, sources)
    right = propagator.observe(run.states, rows)
    found = advance(system, start, (durations, inputs, sources), rows)
    assert (np.abs(found - right).max(axis=0) / right.max(axis=0)).max() <= 1e-4


def test_band_holds_all_but_the_blood() -> None:
    """In the order used, everything but the exchange with plasma and what effect sites read lies within the band."""
    catalogue = load_catalogue()
    system = build_system(catalogue.drugs["morphine"], catalogue, 172, 78)
    chosen = order(system)
    rows, columns = system.generator[chosen][:, chosen].nonzero()
    names = np.array(system.states)[chosen]
    outside = np.abs(rows - columns) > BAND
    copies = [f"effect {site}" for site in system.effects]
    blood = (names[rows[outside]] == "plasma") | (names[columns[outside]] == "plasma")
    assert np.all(blood | np.isin(names[rows[outside]], copies))
