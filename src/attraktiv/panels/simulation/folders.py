"""A simulated country as a panel folder."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from shapely.geometry import mapping

from attraktiv import names
from attraktiv.errors import PanelError
from attraktiv.panels.placing import new_folder
from attraktiv.panels.simulation.country import (
    BURN_IN,
    FIRST_YEAR,
    SimulatedCountry,
    simulate_country,
)
from attraktiv.panels.simulation.feedback import Feedback
from attraktiv.panels.simulation.geography import polygons
from attraktiv.panels.simulation.migration import Departures, Parameters

TRUTH = "truth"
_CELLS = (names.PLACE, names.YEAR)
_BY_INDEX = {
    names.ALPHA: names.YEAR,
    names.BETA: names.TERM,
    names.of_equation(names.ALPHA, names.BUSINESS): names.YEAR,
    names.of_equation(names.BETA, names.BUSINESS): names.JOBS_TERM,
}


def simulate(
    out_folder: str | Path,
    *,
    places: int = 60,
    years: int = 12,
    seed: int = 1,
    force: bool = False,
    first_year: int = FIRST_YEAR,
    burn_in: int = BURN_IN,
    ages: bool = True,
    parameters: Parameters | None = None,
    departures: Departures | None = None,
    feedback: Feedback | None = None,
) -> SimulatedCountry:
    """Simulate a country and write it as a panel folder, whole or not at all.

    Parameters
    ----------
    out_folder : str or Path
        The folder to write.
    places, years, seed : int
        Size and seed, as for :func:`~attraktiv.panels.simulate_country`.
    force : bool
        Replace a simulated country that is there.
    first_year, burn_in : int
        The panel's first year, and the years that pass before it.
    ages : bool
        Write the population by sex and age.
    parameters : Parameters, optional
        The truth.
    departures, feedback : Departures, Feedback, optional
        As for :func:`~attraktiv.panels.simulate_country`.

    Returns
    -------
    SimulatedCountry
        What was written; ``truth/`` holds theta.csv, path.csv (u and noise by place and year),
        and parameters.csv, each with columns or rows for jobs where there is feedback.

    Raises
    ------
    PanelError
        If the folder exists and ``force`` is not given, or is not a simulated country.
    """
    with new_folder(
        Path(out_folder), force=force, is_ours=_is_simulated, what="a simulated country"
    ) as folder:
        country = simulate_country(
            places=places,
            years=years,
            seed=seed,
            first_year=first_year,
            burn_in=burn_in,
            ages=ages,
            parameters=parameters,
            departures=departures,
            feedback=feedback,
        )
        _write_tables(country, folder)
        (folder / "panel.toml").write_text(_toml(country), encoding="utf-8")
        (folder / "places.geojson").write_text(_features(country), encoding="utf-8")
        _write_truth(country.truth, folder / TRUTH)
    return country


def read_truth(folder: str | Path) -> xr.Dataset:
    """Read the truth of a simulated country.

    Parameters
    ----------
    folder : str or Path
        The panel folder that :func:`simulate` wrote.

    Returns
    -------
    xarray.Dataset
        ``theta`` (place), ``u``, ``noise`` (place, year), ``alpha`` (year), ``beta`` (term) per
        raw unit and the scalars; and of a country with feedback those of the equation of jobs, as
        :class:`SimulatedCountry` says.

    Raises
    ------
    PanelError
        If the folder has no truth.
    """
    where = Path(folder) / TRUTH
    if not (where / "parameters.csv").is_file():
        raise PanelError(
            f"{folder} has no folder {TRUTH}, so it is not a simulated country. "
            "`attraktiv simulate OUT_FOLDER` writes one."
        )
    codes = {names.PLACE: str}
    theta = pd.read_csv(where / "theta.csv", dtype=codes).set_index(names.PLACE)
    path = pd.read_csv(where / "path.csv", dtype=codes).set_index(list(_CELLS))
    values = pd.read_csv(where / "parameters.csv").set_index(["parameter", "index"])["value"]
    scalars = values[values.index.get_level_values("index").isna()].droplevel("index")
    cells = path.to_xarray().reindex({names.PLACE: theta.index})
    years = values[names.ALPHA].index.to_numpy().astype(np.int64)
    truth = xr.Dataset(
        {
            **{str(name): (names.PLACE, theta[name].to_numpy()) for name in theta},
            **{str(name): (_CELLS, cells[name].values) for name in cells},
        },
        coords={names.PLACE: theta.index.to_numpy(object), names.YEAR: years},
        attrs={"seed": int(scalars["seed"])},
    )
    for name, dim in _BY_INDEX.items():
        if name in values:
            known = values[name]
            truth[name] = (dim, known.to_numpy())
            if dim != names.YEAR:
                truth = truth.assign_coords({dim: known.index.to_numpy(object)})
    return truth.assign({k: float(v) for k, v in scalars.items() if k != "seed"})


def _is_simulated(path: Path) -> bool:
    return (path / TRUTH / "parameters.csv").is_file() and (path / "panel.csv").is_file()


def _write_tables(country: SimulatedCountry, folder: Path) -> None:
    tables = country.tables
    whole = [
        str(column)
        for column in tables.panel.select_dtypes("number")
        if not str(column).startswith("share_")
    ]
    panel = tables.panel.astype(dict.fromkeys(whole, "Int64"))
    panel.to_csv(folder / "panel.csv", index=False)
    tables.places.astype({"centrality": int}).to_csv(folder / "places.csv", index=False)
    for table, stem, value in (
        (tables.jobs_by_industry, "jobs_by_industry", names.JOBS),
        (tables.commuting, "commuting", "employed"),
    ):
        if table is not None:
            table.astype({names.YEAR: int, value: int}).to_csv(folder / f"{stem}.csv", index=False)
    if tables.industries is not None:
        tables.industries.to_csv(folder / "industries.csv", index=False)
    if names.POPULATION_BY_AGE in country.panel:
        cube = country.panel[names.POPULATION_BY_AGE].astype(np.int64)
        # a fixed time stamp: the same country has the same bytes
        with (
            open(folder / "population_by_age.csv.gz", "wb") as raw,
            gzip.GzipFile("", "wb", compresslevel=4, fileobj=raw, mtime=0) as file,
        ):
            frame = cube.to_series().rename(names.POPULATION).reset_index()
            frame.to_csv(file, index=False)


def _toml(country: SimulatedCountry) -> str:
    settings = country.tables.settings
    labels = ", ".join(f"{key} = {json.dumps(text)}" for key, text in settings.label.items())
    return (
        f"title = {json.dumps(settings.title)}\n"
        f"sources = {json.dumps(list(settings.sources))}\n"
        f"label = {{ {labels} }}\n"
        f"place_names = {json.dumps(settings.place_names)}\n"
    )


def _features(country: SimulatedCountry) -> str:
    """Write the places' polygons as GeoJSON."""
    places = country.tables.places
    features = [
        {
            "type": "Feature",
            "properties": {"place": code, "name": name},
            "geometry": mapping(polygon),
        }
        for code, name, polygon in zip(
            places[names.PLACE], places[names.NAME], polygons(places), strict=True
        )
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def _write_truth(truth: xr.Dataset, folder: Path) -> None:
    folder.mkdir()
    for dims, file in (((names.PLACE,), "theta.csv"), (_CELLS, "path.csv")):
        columns = [name for name, value in truth.data_vars.items() if value.dims == dims]
        truth[columns].to_dataframe().to_csv(folder / file)
    rows: list[tuple[str, object, float]] = [
        (str(name), None, float(value)) for name, value in truth.data_vars.items() if not value.dims
    ]
    for name, dim in _BY_INDEX.items():
        if name in truth:
            rows += [
                (name, label, float(value))
                for label, value in zip(truth[dim].values, truth[name].values, strict=True)
            ]
    rows.append(("seed", None, float(truth.attrs["seed"])))
    frame = pd.DataFrame(rows, columns=["parameter", "index", "value"])
    frame.to_csv(folder / "parameters.csv", index=False)
