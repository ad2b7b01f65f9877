"""From what a request asks to a question of the query room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.errors import RunError
from attraktiv.queries import (
    attractiveness_table,
    decomposition_table,
    like_structure_table,
    observed_table,
    place_table,
    query,
    with_own_group,
)
from attraktiv.queries.forecasts import COMPUTED
from attraktiv.queries.places import CHOSEN, OWN_GROUP
from attraktiv.server.parameters import (
    Ahead,
    Alike,
    Chosen,
    Counted,
    Period,
    Probability,
    Ranking,
    Years,
)
from attraktiv.server.served import Served

_MOST = 2**24  # numbers of draws that a question may read: 64 MB in single precision
_SERIES_NUMBERS = ("observed", "mean", "median", "lower", "upper")


def places(served: Served, run: str) -> pd.DataFrame:
    """Return the places of a run."""
    return place_table(served.run(run).tree)


def ranking(served: Served, run: str, asked: Ranking) -> pd.DataFrame:
    """Return a ranking; ranks are among all, also where only the larger ones are shown."""
    tree, places, group = _selected(served, run, asked)
    frame = attractiveness_table(
        tree, **_period(places, group, asked), kind=asked.kind, top=asked.top
    )
    base = names.JOBS if names.JOBS in frame else names.POPULATION
    kept = frame[frame[base].fillna(0) >= asked.minimum]
    return _noted(kept.reset_index(drop=True), str(frame.attrs["growth_of"]))


def decomposition(served: Served, run: str, asked: Period) -> pd.DataFrame:
    """Return the terms that growth is the sum of."""
    tree, places, group = _selected(served, run, asked)
    frame = decomposition_table(
        tree,
        **_period(places, group, asked),
        of="jobs" if asked.kind in (names.BUSINESS, names.VISIT) else None,
        kind=asked.kind if asked.kind in (names.BUSINESS, names.VISIT) else None,
    )
    return _noted(frame, str(frame.attrs["growth_of"]))


def variable(served: Served, run: str, name: str, asked: Years) -> pd.DataFrame:
    """Return a variable of the fit, with bands."""
    tree, places, group = _selected(served, run, asked)
    if name == names.POPULATION_BY_AGE_GROUP or name in COMPUTED:
        raise RunError(f"{name!r} is of the forecast: ask under forecasts.")
    return query(
        tree,
        name if asked.kind is None else f"{asked.kind}/{name}",
        places=places,
        years=asked.year or None,
        group=group,
        prob=asked.prob,
        kind=asked.interval,
    )


def ahead(served: Served, run: str, name: str, asked: Ahead) -> pd.DataFrame:
    """Return a variable of the forecast, with bands."""
    tree, places, group = _selected(served, run, asked)
    _require_small(tree, name, asked)
    return query(
        tree,
        f"{names.FORECAST}/{name}",
        places=places,
        years=asked.year or None,
        group=group,
        scenarios=asked.scenario or None,
        age_groups=asked.age_group or None,
        prob=asked.prob,
        kind=asked.interval,
    )


def probability(served: Served, run: str, asked: Probability) -> pd.DataFrame:
    """Return the probability of more, or fewer, residents than a threshold."""
    tree, places, group = _selected(served, run, asked)
    _require_small(tree, names.POPULATION, asked)
    return query(
        tree,
        names.PROB_ABOVE if asked.side == "above" else names.PROB_BELOW,
        places=places,
        years=asked.year or None,
        group=group,
        scenarios=asked.scenario or None,
        threshold=asked.threshold,
    )


def counted(served: Served, run: str, name: str, asked: Counted) -> pd.DataFrame:
    """Return a count of the panel."""
    if served.panel is None:
        raise RunError("No panel is served, so that there are no counts: --panel PANEL")
    tree, places, group = _selected(served, run, asked)
    return observed_table(
        tree, served.panel, name, places=places, years=asked.year or None, group=group
    )


def alike(served: Served, run: str, asked: Alike) -> pd.DataFrame:
    """Return the places whose structure is like a place's."""
    return like_structure_table(served.run(run).tree, asked.place, count=asked.count)


def as_series(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with one row per place and scenario, and its years and numbers as lists."""
    labels = [c for c in frame.columns if c not in (names.YEAR, *_SERIES_NUMBERS)]
    listed = [c for c in frame.columns if c not in labels]
    rows: list[dict[str, Any]] = []
    for key, part in frame.groupby(labels, sort=False, dropna=False):
        row: dict[str, Any] = dict(zip(labels, key, strict=True))
        row |= {name: _listed(part[name]) for name in listed}
        rows.append(row)
    return _noted(pd.DataFrame(rows), str(frame.attrs.get("note", "")))


def _listed(values: pd.Series) -> list[Any]:
    return [None if pd.isna(value) else value for value in values.tolist()]


def _selected(
    served: Served, run: str, asked: Chosen | Counted
) -> tuple[xr.DataTree, Sequence[str] | None, str | None]:
    """Return the run, and the places and the grouping column that are meant."""
    tree = served.run(run).tree
    if asked.member:
        return with_own_group(tree, asked.member), [CHOSEN], OWN_GROUP
    return tree, asked.place or None, asked.group


def _period(places: Sequence[str] | None, group: str | None, asked: Period) -> dict[str, Any]:
    """Return what every question about growth in a period says."""
    return {
        "places": places,
        "group": group,
        "first": asked.first,
        "last": asked.last,
        "unit": asked.unit,
        "prob": asked.prob,
        "interval": asked.interval,
    }


def _require_small(tree: xr.DataTree, name: str, asked: Ahead | Probability) -> None:
    """Raise if a question would read more draws than a server should hold at once."""
    if names.FORECAST not in tree.children:
        return  # the query says so
    forecast = tree[names.FORECAST].dataset
    source = name if name in forecast else names.POPULATION
    if name in (names.AGE_SHARE, names.DEPENDENCY_RATIO):
        source = names.POPULATION_BY_AGE_GROUP
    if source not in forecast:
        return
    sizes = dict(forecast[source].sizes)
    # of a group by a column any number of places may be members
    places = len(asked.member) or (len(asked.place) if asked.group is None else 0)
    sizes[names.PLACE] = min(places or sizes[names.PLACE], sizes[names.PLACE])
    for dim, wanted in ((names.SCENARIO, asked.scenario), (names.YEAR, asked.year)):
        sizes[dim] = min(len(wanted) or sizes[dim], sizes[dim])
    if np.prod(list(sizes.values()), dtype=float) > _MOST:
        raise RunError(
            f"{name!r} of so many places, years and scenarios is more than is computed at once. "
            "Ask for fewer places, for one scenario or for some years: ?place=…&scenario=…&year=…"
        )


def _noted(frame: pd.DataFrame, note: str) -> pd.DataFrame:
    frame.attrs = {"note": note}
    return frame
