"""Splits of the years: what is read, and what is refused."""

from __future__ import annotations

import pytest
import xarray as xr

from attraktiv.errors import InputError
from attraktiv.evaluation.splits import Split, parse_splits
from attraktiv.panels import simulate_country


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    """Rates are known 2005–2012; 2013 has the population alone."""
    return simulate_country(places=5, years=8, ages=False).panel


def splits(panel: xr.Dataset, *texts: str) -> list[Split]:
    return parse_splits(texts, panel, "net_migration_rate")


def test_splits_keep_their_order(panel: xr.Dataset) -> None:
    found = splits(panel, "2006:2009/2011:2012", "2005:2006/2007:2007")
    assert found == [Split(2006, 2009, 2011, 2012), Split(2005, 2006, 2007, 2007)]
    assert [split.label for split in found] == ["2006:2009/2011:2012", "2005:2006/2007:2007"]
    assert found[0].later_years == [2011, 2012]


def test_a_single_text_is_one_split(panel: xr.Dataset) -> None:
    assert len(parse_splits("2005:2006/2007:2007", panel, "net_migration_rate")) == 1


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], r"No split .* --split 2006:2011/2012:2016"),
        (["2006-2009/2010-2012"], r"cannot be read.*2006:2011/2012:2016"),
        (["2006:2009"], "cannot be read"),
        (["2005:2009/2009:2012"], r"2009 is not after 2009.*--split 2005:2009/2010:2012"),
        (["2008:2010/2005:2006"], r"2005 is not after 2010"),
        (["2009:2006/2010:2012"], "empty or too short"),
        (["2006:2006/2010:2012"], "at least two years to fit"),
        (["2006:2009/2012:2010"], "empty or too short"),
        (["2005:2009/2010:2013"], r"outside the panel.*net_migration_rate in 2005–2012"),
        (["2004:2009/2010:2012"], "outside the panel"),
        (["2005:2009/2010:2012", "2005:2009/2010:2012"], "given twice"),
    ],
)
def test_splits_that_are_refused(panel: xr.Dataset, texts: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        splits(panel, *texts)
