"""The whole way on a simulated country: panel, fit, answer, truth, forecast, report."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from attraktiv import engines, names
from attraktiv.errors import InputError
from attraktiv.forecasts import forecast
from attraktiv.panels import read_truth, simulate
from attraktiv.queries import attractiveness_table, forecast_table
from attraktiv.reports import report
from attraktiv.store import open_run, write_run

MODEL = "hierarchical_dynamic"
HORIZON, DRAWS = 20, 400
_MARKER = "attraktiv-demo.txt"
_COUNTRY, _RUN, _REPORT = "country", "run", "report.html"


@dataclass(frozen=True)
class Demonstration:
    """What the demo found.

    Attributes
    ----------
    panel, run, report
        Where the panel folder, the run and the report on it lie.
    verdict
        Lines about convergence.
    table
        One row per place, the most attractive first: ``place``, ``name``, ``mean``,
        ``lower``, ``upper``, ``truth`` (percent of population per year, mean of the
        period), ``held``.
    prob
        Probability of the bands.
    first, last
        The years of the fit.
    ahead
        The nation and its places in years to come, as ``forecast_table`` gives them.
    """

    panel: Path
    run: Path
    report: Path
    verdict: tuple[str, ...]
    table: pd.DataFrame
    prob: float
    first: int
    last: int
    ahead: pd.DataFrame

    @property
    def places(self) -> int:
        """Number of places."""
        return len(self.table)

    @property
    def held(self) -> int:
        """Number of places whose band holds the truth."""
        return int(self.table["held"].sum())


def demo(
    out: str | Path = "demo",
    *,
    places: int = 60,
    years: int = 12,
    seed: int = 1,
    prob: float = 0.8,
    progress: bool = True,
) -> Demonstration:
    """Simulate a country, fit ``hierarchical_dynamic``, compare with the truth, look ahead, report.

    Parameters
    ----------
    out
        The folder that the country, the run and the report go into. An earlier demo is replaced.
    places, years, seed
        The simulated country; the seed is the fit's too.
    prob
        Probability of the bands.
    progress
        Show progress on standard error.

    Returns
    -------
    Demonstration
        The truth of a place is θ + the mean of u over the years, beside the posterior of
        the same.

    Raises
    ------
    InputError
        ``out`` exists and is not the folder of an earlier demo.
    """
    folder = _own_folder(Path(out))
    country, stored = folder / _COUNTRY, folder / _RUN
    simulate(country, places=places, years=years, seed=seed, force=True)
    run = engines.fit(MODEL, country, seed=seed, progress=progress)
    write_run(run, stored, force=True)
    frame = attractiveness_table(run, prob=prob)
    first, last = int(frame["first"].iloc[0]), int(frame["last"].iloc[0])
    truth = read_truth(country)
    period = truth[names.U].sel({names.YEAR: slice(first, last)}).mean(names.YEAR)
    level = (truth[names.THETA] + period).to_series()
    frame["truth"] = level.loc[frame[names.PLACE]].to_numpy()
    frame["held"] = frame["truth"].between(frame["lower"], frame["upper"])
    forecast(
        stored, country, HORIZON, scenarios=(names.LOW, names.HIGH), draws=DRAWS, seed=seed,
        progress=progress,
    )  # fmt: skip
    written = report(stored, folder / _REPORT, panel=country, language="en", prob=prob)
    shown = [names.PLACE, names.NAME, "mean", "lower", "upper", "truth", "held"]
    return Demonstration(
        country,
        stored,
        written,
        tuple(engines.check(run).lines),
        frame[shown],
        prob,
        first,
        last,
        forecast_table(open_run(stored), prob=prob),
    )


def _own_folder(out: Path) -> Path:
    """Return the folder, emptied of an earlier demo; refuse one that is not ours."""
    marker = out / _MARKER
    if out.exists() and not marker.is_file() and not (out.is_dir() and not any(out.iterdir())):
        raise InputError(
            f"{out} exists and is not the folder of an earlier demo, so nothing in it is replaced. "
            "Choose another: attraktiv demo --out FOLDER"
        )
    out.mkdir(parents=True, exist_ok=True)
    marker.write_text("Written by `attraktiv demo`, which may replace this folder.\n", "utf-8")
    for earlier in (_COUNTRY, _RUN):
        shutil.rmtree(out / earlier, ignore_errors=True)
    (out / _REPORT).unlink(missing_ok=True)
    return out


__all__ = ["Demonstration", "demo"]
