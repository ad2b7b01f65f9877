"""What a derived covariate is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import xarray as xr

from attraktiv.panels.industries import schemes, sectors

Compute = Callable[[xr.Dataset, int | None], xr.DataArray]
"""(panel, last year that is known) → (place, year)."""


@dataclass(frozen=True)
class Covariate:
    """A derived covariate.

    Attributes
    ----------
    name : str
        How a formula calls it.
    units : str
        Its unit.
    long_name : str
        What it is.
    formula : str
        How it is computed; ``pop[t]`` is the population on 1 January of the year.
    requires : tuple of tuple of str
        Alternative sets of columns; one of them must be in the panel.
    compute : callable
        (panel, until) → DataArray (place, year).
    sector : str or None
        The sector whose industries may stand in for the columns.
    of_industries : bool
        Whether its industries do so even where panel.csv has the jobs of the sector: what is
        made of their shares and growth is no sum of jobs.
    """

    name: str
    units: str
    long_name: str
    formula: str
    requires: tuple[tuple[str, ...], ...]
    compute: Compute
    sector: str | None = None
    of_industries: bool = False

    def possible(self, panel: xr.Dataset) -> bool:
        """Say whether the panel has the columns, or the industries, that the covariate needs."""
        divided = schemes(panel) if self.of_industries else sectors(panel)
        return self.sector in divided or any(
            all(column in panel for column in columns) for columns in self.requires
        )
