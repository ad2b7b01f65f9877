"""What holds of every shift-share: it sums, it leaves the place out, and order does not matter."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from attraktiv.panels import covariate
from attraktiv.panels.shift_share import COVERED_AT_LEAST

COMPONENTS = ("national_job_growth", "industry_mix", "local_job_growth")
CELL = st.one_of(st.integers(0, 4), st.integers(0, 10_000), st.just(math.nan))


@st.composite
def countries(draw: st.DrawFn, *, hidden: bool = True) -> xr.Dataset:
    """Two to five places, two to four years, one to four industries; totals above their sum."""
    shape = tuple(draw(st.integers(low, high)) for low, high in ((2, 5), (2, 4), (1, 4)))
    size = math.prod(shape)
    cell = CELL if hidden else st.integers(0, 1000)
    cells = np.array(draw(st.lists(cell, min_size=size, max_size=size)), dtype=float)
    values = cells.reshape(shape)
    beside = draw(st.integers(0, 500)) if hidden else 0
    coords = {
        "place": [f"{i:02d}" for i in range(shape[0])],
        "year": np.arange(2010, 2010 + shape[1]),
        "industry": [f"k{k}" for k in range(shape[2])],
    }
    data = {
        "jobs_by_industry": (("place", "year", "industry"), values),
        "jobs": (("place", "year"), np.nansum(values, axis=2) + beside),
    }
    return xr.Dataset(data, coords, attrs={"breaks": "[]"})


def by_brute_force(panel: xr.Dataset, i: int, t: int) -> tuple[float, float]:
    """National growth and mix of one place and year, cell by cell."""
    jobs = panel["jobs_by_industry"].values
    places, _, industries = jobs.shape
    known = ~np.isnan(jobs[:, t]) & ~np.isnan(jobs[:, t - 1])
    before_all = after_all = expected = covered = 0.0
    for k in range(industries):
        others = [j for j in range(places) if j != i and known[j, k]]
        before = sum(jobs[j, t - 1, k] for j in others)
        after = sum(jobs[j, t, k] for j in others)
        before_all, after_all = before_all + before, after_all + after
        if known[i, k] and before > 0:
            covered += jobs[i, t - 1, k]
            expected += jobs[i, t - 1, k] * (after / before - 1)
    if before_all == 0:
        return math.nan, math.nan
    national = 100 * (after_all / before_all - 1)
    total = max(panel["jobs"].values[i, t - 1], np.nansum(jobs[i, t - 1]))
    if covered == 0 or covered / total < COVERED_AT_LEAST:
        return national, math.nan
    return national, 100 * expected / covered - national


@given(panel=countries())
def test_the_place_itself_is_left_out_of_the_nation(panel):
    national, mix = (covariate(panel, name).values for name in COMPONENTS[:2])
    assert np.isnan(national[:, 0]).all()
    for i in range(national.shape[0]):
        for t in range(1, national.shape[1]):
            expected = by_brute_force(panel, i, t)
            np.testing.assert_allclose(
                (national[i, t], mix[i, t]), expected, rtol=1e-9, atol=1e-9, equal_nan=True
            )


@given(panel=countries())
def test_nation_mix_and_place_sum_to_growth(panel):
    parts = [covariate(panel, name) for name in COMPONENTS]
    growth = covariate(panel, "job_growth")
    known = growth.notnull() & parts[0].notnull() & parts[1].notnull()
    np.testing.assert_array_equal(parts[2].notnull(), known)
    total = parts[0] + parts[1] + parts[2]
    np.testing.assert_allclose(total, growth.where(known), rtol=1e-12, atol=1e-9)


@given(panel=countries(hidden=False))
def test_the_place_s_part_is_its_industries_beyond_the_nation_s(panel):
    local = covariate(panel, "local_job_growth").values
    jobs = panel["jobs_by_industry"].values
    for i, t in np.argwhere(np.isfinite(local)):
        others = np.delete(jobs, i, axis=0).sum(axis=0)
        own = jobs[i]
        if (others[t - 1] == 0).any():
            continue  # an industry of its own: its growth is the place's, and there is no nation
        beyond = own[t] - own[t - 1] * others[t] / others[t - 1]
        np.testing.assert_allclose(local[i, t], 100 * beyond.sum() / own[t - 1].sum(), atol=1e-8)


@given(panel=countries(), data=st.data())
def test_order_does_not_matter(panel, data):
    order = {
        dim: data.draw(st.permutations(range(panel.sizes[dim]))) for dim in ("place", "industry")
    }
    shuffled = panel.isel(order)
    for name in COMPONENTS:
        found = covariate(shuffled, name).sel(place=panel["place"])
        np.testing.assert_allclose(found, covariate(panel, name), rtol=1e-9, atol=1e-9)


@given(panel=countries(), data=st.data())
def test_the_nation_and_the_mix_do_not_listen_to_the_place_s_own_growth(panel, data):
    i = data.draw(st.integers(0, panel.sizes["place"] - 1))
    changed = panel.copy(deep=True)
    now = changed["jobs_by_industry"].values[i, -1]
    now[~np.isnan(now)] = data.draw(st.integers(0, 10_000))
    for name in COMPONENTS[:2]:
        before, after = (covariate(p, name).isel(place=i, year=-1) for p in (panel, changed))
        np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-9)


@given(panel=countries(hidden=False), factor=st.floats(0.5, 2.0))
def test_growth_of_all_alike_is_the_nation_s(panel, factor):
    jobs = panel["jobs_by_industry"].isel(year=0, drop=True) + 1.0
    years = panel["year"] - panel["year"][0]
    cube = (jobs * factor**years).transpose("place", "year", "industry")
    alike = panel.assign(jobs_by_industry=cube, jobs=cube.sum("industry"))
    parts = [covariate(alike, name).isel(year=slice(1, None)) for name in COMPONENTS]
    np.testing.assert_allclose(parts[0], 100 * (factor - 1), atol=1e-9)
    np.testing.assert_allclose(parts[1], 0, atol=1e-9)
    np.testing.assert_allclose(parts[2], 0, atol=1e-9)
