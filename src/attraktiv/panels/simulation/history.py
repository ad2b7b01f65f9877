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
from attraktiv.panels.simulation.geography import commuting_flows, polygons
from attraktiv.panels.simulation.migration import (
    TERMS,
    Attractiveness,
    Parameters,
    noise_variance,
)
from attraktiv.panels.tables import PanelTables
from attraktiv.panels.weights import neighbours, weighted_mean


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
        self.economy: Economy = start_economy(streams[2], size, centrality)
        self.commuting = commuting_flows(streams[4], places, self.economy.jobs.sum(axis=1))
        self._neighbours = neighbours(self._commuting_panel())
        self.growth: list[np.ndarray] = [np.zeros(len(places)) for _ in range(2)]
        self.no_jobs_before = burn_in == 0
        self.rows: list[pd.DataFrame] = []
        self.jobs: list[np.ndarray] = []
        self.by_age: list[np.ndarray] = []
        self.factors: list[np.ndarray] = []
        self.noise: list[np.ndarray] = []

    def step(self, drawn: Attractiveness, t: int, *, keep: bool) -> None:
        """Let one year pass."""
        total = self.population.sum(axis=(1, 2)).astype(np.float64)
        shares_now = shares(self.population)
        before = self.economy.jobs.sum(axis=1)
        # without years before the panel its first year has jobs and no growth of them
        jobs = self.economy.jobs if self.no_jobs_before and t == 0 else self.economy.step()
        growth = 100.0 * (jobs.sum(axis=1) - before) / total
        factors = self._factors(growth, total, shares_now["share_20_39"])
        noise = np.sqrt(noise_variance(self.truth, total)) * drawn.noise[:, t]
        beta = np.array([self.truth.beta[term] for term in TERMS])
        rate = (
            drawn.alpha[t]
            + (factors - factors.mean(axis=0)) @ beta
            + drawn.theta
            + drawn.u[:, t]
            + noise
        )
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
        self.growth = [growth, *self.growth][:2]
        self.population = add_migrants(older, net)

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

    def _factors(
        self, growth: np.ndarray, total: np.ndarray, share_20_39: np.ndarray
    ) -> np.ndarray:
        """Give the factors (place, term) in raw units, in the order of TERMS."""
        around = weighted_mean(self._neighbours, growth[:, None]).ravel()
        return np.column_stack(
            [
                growth,
                *self.growth,
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
