"""What holds of every decomposition: its terms sum to the observed growth in every draw."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.runs import fake_run

from attraktiv.effects import decompose

KINDS = ("dynamic", "static", "grouped", "least-squares", "joint", "pyramid")


@given(
    kind=st.sampled_from(KINDS),
    places=st.integers(2, 14),
    years=st.integers(2, 6),
    seed=st.integers(0, 2**16),
    group=st.sampled_from([None, "county_name", "capital"]),
    unit=st.sampled_from(["percent", "persons"]),
    share_missing=st.sampled_from([0.0, 0.2, 0.9]),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_terms_sum_to_the_growth_of_the_population(
    kind, places, years, seed, group, unit, share_missing, data
):
    run = fake_run(kind, places=places, years=years, draws=5, seed=seed, excluded=())
    constant = run["constant_data"].dataset
    rng = np.random.default_rng(seed)
    for name in ("natural_increase", "next_population", "boundary_transfer", "population"):
        constant[name].values[rng.random((places, years)) < share_missing / 3] = np.nan
    # a run is refused where these are known nowhere
    constant["natural_increase"].values[0, 0] = constant["next_population"].values[0, 0] = 100.0
    first = data.draw(st.integers(2006, 2006 + years - 1))
    last = data.draw(st.integers(first, 2006 + years - 1))
    found = decompose(run, group=group, unit=unit, first=first, last=last)

    total = found["decomposition"].sum("component", skipna=False)
    growth = found["observed_growth"].values
    scale = np.maximum(1.0, abs(found["decomposition"]).max("component"))
    gap = np.abs(total - found["observed_growth"]) / scale
    assert not (gap > 1e-9).any()
    assert (np.isnan(growth) == (found["years"] == 0)).all()
    assert (total.isnull().all(("chain", "draw")).values == np.isnan(growth)).all()
    assert growth_of_populations(run, group, unit, first, last) == [
        None if np.isnan(value) else round(float(value), 6) for value in growth
    ]


def growth_of_populations(run, group, unit, first, last):
    """Growth from the populations alone, place by place and year by year."""
    constant = run["constant_data"].dataset.sel(year=slice(first, last))
    outcome = run["observed_data"].dataset["net_migration_rate"].sel(year=slice(first, last)).values
    now, then = constant["population"].values, constant["next_population"].values
    known = np.isfinite(now + then + outcome + constant["natural_increase"].values)
    if group is None:
        members = [[i] for i in range(len(now))]
    else:
        labels = [str(label) for label in constant[group].values]
        order = sorted(set(labels)) if group == "capital" else None
        order = order or [g for g in ("Indre", "Ytre", "Øst") if g in labels]
        members = [[i for i, label in enumerate(labels) if label == g] for g in order]
    result = []
    for group_members in members:
        by_year = []
        for t in range(now.shape[1]):
            counted = [i for i in group_members if known[i, t]]
            if counted:
                change = sum(then[i, t] - now[i, t] for i in counted)
                of = sum(now[i, t] for i in counted) if unit == "percent" else 100.0
                by_year.append(100.0 * change / of)
        result.append(round(float(np.mean(by_year)), 6) if by_year else None)
    return result
