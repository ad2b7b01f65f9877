"""The table of slopes within and between places, which check and compare show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attraktiv.cli.tables import Column, plus_minus, text_table

if TYPE_CHECKING:
    import xarray as xr

MEANING = (
    "A factor that acts has much the same slope within places and between them. A difference of "
    "more than two standard errors says that its coefficient mixes where a place stands with what "
    "changes there: do not read it as what a change would bring. What follows from migration "
    "itself, as population does, has a within slope that means nothing."
)


def slopes_table(found: xr.Dataset) -> list[str]:
    """Return the lines of a table, a row for each factor.

    Parameters
    ----------
    found : xarray.Dataset
        From :func:`attraktiv.evaluation.slopes`: ``slope_mean``, ``slope_se`` (term, slope).
    """
    columns = [Column("Factor", [str(term) for term in found["term"].values], text=True)]
    for slope in found["slope"].values:
        mean, se = (found[name].sel(slope=slope).values for name in ("slope_mean", "slope_se"))
        cells = [plus_minus(m, s, 2) for m, s in zip(mean, se, strict=True)]
        columns.append(Column(str(slope).capitalize(), cells))
    return text_table(columns)
