"""The years of a simulated country, one after the other, and the record of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.panels.borders import touching
from attraktiv.panels.settings import Settings
from attraktiv.panels.simulation.cohorts import (
    AGES,
    SEXES,
    add_migrants,
    natural_year,
    shares,
    start_population,
)
from attraktiv.panels.simulation.economy import (
    INDUSTRIES,
    PUBLIC,
    Economy,
    sectors_of_industries,
    start_economy,
)
from attraktiv.panels.simulation.feedback import Feedback, LinkedEconomy
from attraktiv.panels.simulation.geography import commuting_flows, polygons
from attraktiv.panels.simulation.migration import (
    OWN_LAGS,
    TERMS,
    Attractiveness,
    Parameters,
    noise_variance,
)
from attraktiv.panels.tables import PanelTables
from attraktiv.panels.weights import neighbours, weighted_mean
from attraktiv.recursion import (
    MigrationTerms,
    State,
    advance,
    centred,
    net_migration_rate,
    own_job_growth,
)


class History:
    """The state of a country and the record of the years kept.

    Parameters
    ----------
    places : pandas.DataFrame
        As :func:`~attraktiv.panels.simulation.geography.make_places` gives it.
    truth : Parameters
        The truth.
    streams : list of numpy.random.Generator
        Chance for births and deaths ([1]), for jobs ([2]) and for commuting ([4]).
    burn_in : int
        Years before the panel; with 0 no job growth is known before its second year.

    Attributes
    ----------
    factors, noise : list of numpy.ndarray
        (place, term) in raw units and (place,) in percentage points, for every year kept.
    job_factors, job_noise : list of numpy.ndarray
        (place, jobs_term) and (place,) likewise; empty where jobs do not listen to migration.
    """

    def __init__(
        self,
        places: pd.DataFrame,
        truth: Parameters,
        streams: list[np.random.Generator],
        burn_in: int,
    ) -> None:
        self.places = places
        self.truth = truth
        self.rng = streams[1]
        size, centrality = places["size"].to_numpy(), places["centrality"].to_numpy()
        self.population = start_population(streams[1], size, centrality)
        self.economy: Economy | LinkedEconomy = start_economy(streams[2], size, centrality)
        self.commuting = commuting_flows(streams[4], places, self.economy.jobs.sum(axis=1))
        self._neighbours = neighbours(self._commuting_panel())
        self.state = State(
            self.economy.jobs.sum(axis=1),
            self.population.sum(axis=(1, 2)).astype(np.float64),
            np.zeros(len(places)),
            np.zeros((OWN_LAGS - 1, len(places))),
        )
        self.no_jobs_before = burn_in == 0
        self.rows: list[pd.DataFrame] = []
        self.jobs: list[np.ndarray] = []
        self.by_age: list[np.ndarray] = []
        self.factors: list[np.ndarray] = []
        self.noise: list[np.ndarray] = []
        self.job_factors: list[np.ndarray] = []
        self.job_noise: list[np.ndarray] = []

    def link(self, feedback: Feedback, drawn: Attractiveness) -> None:
        """Let jobs follow people from here on."""
        self.economy = LinkedEconomy(self.economy.rng, self.economy.jobs, feedback, drawn)

    def step(self, drawn: Attractiveness, t: int, *, keep: bool) -> None:
        """Let one year pass."""
        total = self.state.population
        shares_now = shares(self.population)
        jobs = self._jobs(t)
        own = own_job_growth(self.state, jobs.sum(axis=1))
        factors = self._factors(own, total, shares_now["share_20_39"])
        noise = np.sqrt(noise_variance(self.truth, total)) * drawn.noise[:, t]
        beta = np.array([self.truth.beta[term] for term in TERMS])
        everywhere = np.ones(len(total), dtype=bool)
        others = centred(factors[:, OWN_LAGS:].T, everywhere)
        terms = MigrationTerms(
            drawn.alpha[t],
            beta[OWN_LAGS:] @ others,
            beta[:OWN_LAGS],
            drawn.theta + drawn.u[:, t],
            noise,
        )
        rate = net_migration_rate(self.state, own, terms, everywhere)
        older, births, deaths = natural_year(self.rng, self.population)
        net = np.maximum(np.round(rate * total / 100.0), -(older.sum(axis=(1, 2)) // 2))
        net = net.astype(np.int64)
        if keep:
            self.rows.append(
                pd.DataFrame(
                    {
                        names.POPULATION: total,
                        names.NATURAL_INCREASE: births - deaths,
                        names.BIRTHS: births,
                        names.DEATHS: deaths,
                        names.NET_MIGRATION: net,
                        names.JOBS: jobs.sum(axis=1),
                        names.JOBS_PRIVATE: jobs[:, ~PUBLIC].sum(axis=1),
                        **shares_now,
                    },
                    dtype=np.float64,
                )
            )
            self.jobs.append(jobs)
            self.by_age.append(self.population)
            self.factors.append(factors)
            self.noise.append(noise)
            if isinstance(self.economy, LinkedEconomy):
                self.job_factors.append(self.economy.factors)
                self.job_noise.append(self.economy.noise)
        self.population = add_migrants(older, net)
        after = self.population.sum(axis=(1, 2)).astype(np.float64)
        self.state = advance(self.state, jobs.sum(axis=1), after)

    def tables(self, calendar: np.ndarray, settings: Settings) -> PanelTables:
        """Give the tables of the panel folder, without ages."""
        code = self.places[names.PLACE].to_numpy(object)
        last = pd.DataFrame({names.POPULATION: self.population.sum(axis=(1, 2)).astype(float)})
        frames = [
            rows.assign(place=code, year=float(year))
            for rows, year in zip([*self.rows, last], [*calendar, calendar[-1] + 1], strict=True)
        ]
        panel = pd.concat(frames, ignore_index=True)
        keys = [names.PLACE, names.YEAR]
        panel = panel[[*keys, *(name for name in panel if name not in keys)]]
        return PanelTables(
            settings,
            self.places.drop(columns="size"),
            panel.sort_values(keys, ignore_index=True),
            jobs_by_industry=self._industry_table(calendar),
            commuting=self._commuting_table(float(calendar[0])),
            industries=sectors_of_industries(),
            borders=touching(list(code), polygons(self.places)),
        )

    def ages(self, panel: xr.Dataset) -> xr.DataArray:
        """Give the population (place, year, sex, age) of every year, the one after the last too."""
        values = np.stack([*self.by_age, self.population], axis=1).astype(np.float64)
        return xr.DataArray(
            values,
            dims=(names.PLACE, names.YEAR, names.SEX, names.AGE),
            coords={
                names.PLACE: panel[names.PLACE].values,
                names.YEAR: panel[names.YEAR].values,
                names.SEX: np.array(SEXES, dtype=object),
                names.AGE: AGES,
            },
        )

    def _jobs(self, t: int) -> np.ndarray:
        """Give the jobs of the year (place, industry)."""
        # without years before the panel its first year has jobs and no growth of them
        if self.no_jobs_before and t == 0:
            return self.economy.jobs
        if isinstance(self.economy, LinkedEconomy):
            return self.economy.step(self.state, t)
        return self.economy.step()

    def _factors(
        self, growth: np.ndarray, total: np.ndarray, share_20_39: np.ndarray
    ) -> np.ndarray:
        """Give the factors (place, term) in raw units, in the order of TERMS."""
        around = weighted_mean(self._neighbours, growth[:, None]).ravel()
        return np.column_stack(
            [
                growth,
                *self.state.own_growth,
                around,
                self.places["centrality"].to_numpy(),
                np.log(total),
                share_20_39,
            ]
        )

    def _commuting_table(self, year: float) -> pd.DataFrame:
        code = self.places[names.PLACE].to_numpy(object)
        home, work = self.commuting.coords
        return pd.DataFrame(
            {
                "home": code[home],
                "work": code[work],
                names.YEAR: year,
                "employed": self.commuting.data,
            }
        )

    def _commuting_panel(self) -> xr.Dataset:
        """Give as much of a panel as its neighbours need."""
        flows = self._commuting_table(0.0)
        return xr.Dataset(
            {
                names.COMMUTING_HOME: (names.FLOW, flows["home"].to_numpy(object)),
                names.COMMUTING_WORK: (names.FLOW, flows["work"].to_numpy(object)),
                names.COMMUTING_YEAR: (names.FLOW, np.zeros(len(flows), dtype=np.int64)),
                names.COMMUTING_EMPLOYED: (names.FLOW, flows["employed"].to_numpy()),
            },
            coords={names.PLACE: self.places[names.PLACE].to_numpy(object), names.YEAR: [0]},
        )

    def _industry_table(self, calendar: np.ndarray) -> pd.DataFrame:
        code = self.places[names.PLACE].to_numpy(object)
        index = pd.MultiIndex.from_product(
            [code, calendar.astype(float), INDUSTRIES],
            names=[names.PLACE, names.YEAR, names.INDUSTRY],
        )
        values = np.stack(self.jobs, axis=1).ravel()
        return pd.DataFrame({names.JOBS: values}, index=index).reset_index()
