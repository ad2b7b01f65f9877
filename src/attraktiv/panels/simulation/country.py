"""Simulate a country whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import PanelError
from attraktiv.panels.build import build_panel, finish_panel
from attraktiv.panels.settings import Settings
from attraktiv.panels.simulation.feedback import Feedback, draw_business
from attraktiv.panels.simulation.geography import make_places
from attraktiv.panels.simulation.history import History
from attraktiv.panels.simulation.migration import (
    Departures,
    Parameters,
    draw_attractiveness,
)
from attraktiv.panels.simulation.truth import business_truth, migration_truth
from attraktiv.panels.tables import PanelTables

FIRST_YEAR = 2005
BURN_IN = 3


@dataclass(frozen=True)
class SimulatedCountry:
    """A country with known truth.

    Attributes
    ----------
    panel : xarray.Dataset
        A panel as :func:`~attraktiv.panels.read_panel` gives it.
    truth : xarray.Dataset
        ``theta`` (place), ``u``, ``noise`` (place, year), ``alpha`` (year), ``beta`` (term) per
        raw unit, ``factors`` (place, year, term) in raw units, and the scalars ``mu_alpha``,
        ``rho_alpha``, ``sigma_alpha``, ``tau``, ``rho``, ``sigma_u``, ``sigma``, ``phi``,
        ``turnover``. Up to the rounding to whole migrants the net migration rate is
        alpha + (factors less their mean over places)·beta + theta + u + noise. Where people drive
        jobs, the same of the equation of jobs, in percent of jobs: ``theta_business`` (place),
        ``u_business``, ``noise_business`` (place, year), ``alpha_business`` (year),
        ``beta_business`` (jobs_term), ``factors_business`` (place, year, jobs_term), the scalars
        with that ending, and ``correlation_lasting``, ``correlation_path`` and
        ``correlation_noise``. They add up to ``job_growth`` to within one job.
    tables : PanelTables
        The tables that make up the folder.
    """

    panel: xr.Dataset
    truth: xr.Dataset
    tables: PanelTables


def simulate_country(
    *,
    places: int = 60,
    years: int = 12,
    seed: int = 1,
    first_year: int = FIRST_YEAR,
    burn_in: int = BURN_IN,
    ages: bool = True,
    parameters: Parameters | None = None,
    departures: Departures | None = None,
    feedback: Feedback | None = None,
) -> SimulatedCountry:
    """Simulate a country whose truth is known.

    Parameters
    ----------
    places, years : int
        Size of the panel. After the last year one more row has the population alone.
    seed : int
        The same seed gives the same country.
    first_year : int
        First year of the panel.
    burn_in : int
        Years that pass before the panel begins. Jobs of these years act through the lags, and the
        panel does not know them; with 0 nothing acts before the first year.
    ages : bool
        Keep the population by sex and age.
    parameters : Parameters, optional
        The truth.
    departures : Departures, optional
        Ways in which the country breaks the assumptions of the model.
    feedback : Feedback, optional
        The truth of the equation of jobs, for a country in which people drive jobs as jobs drive
        people. Without it jobs do not listen to migration.

    Returns
    -------
    SimulatedCountry
        The panel (dims place, year) and its truth.

    Raises
    ------
    PanelError
        If a size is out of range.
    """
    for name, value, least in (("places", places, 2), ("years", years, 2), ("burn_in", burn_in, 0)):
        if value < least:
            raise PanelError(
                f"simulate: {name} is {value}; valid is a whole number from {least} up, such as "
                f"simulate(OUT_FOLDER, {name}={max(least, 3)})."
            )
    truth = parameters or Parameters()
    broken = departures or Departures()
    # a stream of its own for each part: an option of one part leaves the others as they were
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(6)]
    table = make_places(streams[0], places)
    history = History(table, truth, streams, burn_in)
    drawn = draw_attractiveness(
        streams[3],
        truth,
        broken,
        table[[names.LONGITUDE, names.LATITUDE]].to_numpy(),
        table["centrality"].to_numpy(),
        burn_in + years,
        burn_in + years // 2,
    )
    if feedback is not None:
        business = draw_business(streams[5], feedback, truth, drawn)
        history.link(feedback, business)
    for t in range(burn_in + years):
        history.step(drawn, t, keep=t >= burn_in)
    calendar = np.arange(first_year, first_year + years)
    tables = history.tables(calendar, _settings(places, seed))
    panel = build_panel(tables)
    if ages:
        panel = panel.assign(population_by_age=history.ages(panel))
        panel = finish_panel(panel, tables.settings)
    known = migration_truth(history, drawn, truth, calendar)
    if feedback is not None:
        known = known.merge(business_truth(history, business, feedback))
    return SimulatedCountry(panel, known.assign_attrs(seed=seed), tables)


def _settings(places: int, seed: int) -> Settings:
    return Settings(
        title=f"Simulated country, {places} places, seed {seed}",
        sources=("Simulated; the truth is in the folder truth.",),
        label={"en": "municipality", "nb": "kommune"},
        place_names="nb",
    )
