"""What holds of every panel: order does not matter, and no cell can cause another error."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attraktiv.errors import PanelError, PanelWarning
from attraktiv.panels import available_covariates, covariate, read_panel, simulate

FILES = (
    "panel.csv",
    "places.csv",
    "commuting.csv",
    "jobs_by_industry.csv",
    "industries.csv",
    "population_by_age.csv",
)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The tables of a small simulated country, as text by file name."""
    with TemporaryDirectory() as parent:
        folder = Path(parent) / "land"
        simulate(folder, places=5, years=3, burn_in=0, ages=False)
        result = {
            path.name: path.read_text(encoding="utf-8")
            for path in folder.iterdir()
            if path.suffix in (".csv", ".toml")
        }
    result["population_by_age.csv"] = (
        "place,year,sex,age,population\n0101,2005,female,0,5\n0101,2005,male,1,6\n"
    )
    return result


def read(texts: Mapping[str, str | bytes]) -> xr.Dataset:
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        # a changed cell may well be doubtful; that is not what is asked here
        warnings.simplefilter("ignore", PanelWarning)
        for name, text in texts.items():
            data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
            (Path(folder) / name).write_bytes(data)
        return read_panel(folder)


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_of_rows_permutes_the_result_only(texts, data):
    changed = dict(texts)
    for name in FILES:
        header, *rows = texts[name].splitlines()
        changed[name] = "\n".join([header, *data.draw(st.permutations(rows))]) + "\n"
    expected, found = read(texts), read(changed)
    assert found.attrs["content_hash"] == expected.attrs["content_hash"]
    found_places = [line.split(",")[0] for line in changed["places.csv"].splitlines()[1:]]
    assert found["place"].values.tolist() == found_places
    aligned = found.sel(place=expected["place"])
    flows = [name for name in expected.data_vars if "flow" in expected[name].dims]
    xr.testing.assert_equal(aligned.drop_vars(flows), expected.drop_vars(flows))
    for name in available_covariates(expected):
        np.testing.assert_allclose(
            covariate(found, name).sel(place=expected["place"]),
            covariate(expected, name),
            rtol=1e-12,
        )


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "NaN", "inf", "-1", "0", "1e400", "1,5", "0x10", "True", "1_000", "١٢", "\ufeff", '"']
    ),
    st.integers().map(str),
    st.floats().map(str),
)


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_corrupt_cell_is_a_number_or_a_panel_error(texts, data):
    name = data.draw(st.sampled_from(FILES))
    lines = texts[name].splitlines()
    row = data.draw(st.integers(0, len(lines) - 1))
    cells = lines[row].split(",")
    column = data.draw(st.integers(0, len(cells) - 1))
    cells[column] = data.draw(CELLS)
    lines[row] = ",".join(cells)
    try:
        panel = read({**texts, name: "\n".join(lines) + "\n"})
    except PanelError:
        return
    for variable in panel.data_vars.values():
        if variable.dtype.kind == "f":
            assert not np.isinf(variable).any()
    for covariate_name in available_covariates(panel):
        covariate(panel, covariate_name)


@given(data=st.binary(max_size=200), name=st.sampled_from((*FILES, "panel.toml")))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_panel_or_a_panel_error(texts, data, name):
    with contextlib.suppress(PanelError):
        read({**texts, name: data})


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_simulated_panels_are_sound(seed):
    with TemporaryDirectory() as parent:
        country = simulate(Path(parent) / "land", places=7, years=3, burn_in=1, seed=seed)
        found = read_panel(Path(parent) / "land")
    assert found.attrs["content_hash"] == country.panel.attrs["content_hash"]
    rate = covariate(found, "net_migration_rate")
    assert np.isfinite(rate.sel(year=country.truth["year"])).all()
