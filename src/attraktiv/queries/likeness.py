"""Places whose structure is like that of a place.

Mathematical details
--------------------
With β_k the mean effect of factor k (percentage points per standard deviation) and x̄_ik the
mean of the factor in place i over the years of the fit, the distance of two places is

    d_ij = √ Σ_k (β_k (x̄_ik − x̄_jk))²

in percentage points: factors that do little for migration do little for the distance. Where
every year has coefficients of its own, β_k is their mean over the years.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.effects import choice, terms
from attraktiv.errors import RunError

DISTANCE = "distance"


def like_structure_table(run: xr.DataTree, place: str, *, count: int = 10) -> pd.DataFrame:
    """Return the places whose structure is most like that of a place, the nearest first.

    Parameters
    ----------
    run
        A run; of several equations the first is meant.
    place
        Code or name.
    count
        How many places; 1 or more.

    Returns
    -------
    DataFrame
        ``place``, ``name``, ``distance`` (percentage points, as the module defines it).

    Raises
    ------
    RunError
        An unknown place, or a run without factors.
    """
    (position,) = choice.find_places(run, [place])
    if not terms.factor_names(run):
        raise RunError(
            f"The run of {run.attrs.get('model', 'a model')} has no factors, so that no place's "
            "structure is like another's. Ask a run of a model with factors, for example: "
            "attraktiv fit hierarchical_dynamic PANEL."
        )
    everything = slice(None)
    if terms.has_yearly_coefficients(run):
        effect = terms.yearly_coefficients(run, everything).mean(axis=(0, 1))
    else:
        effect = terms.coefficients(run).mean(axis=0)
    factors = terms.standardised_factors(run, everything, everything).mean(axis=1)
    distance = np.sqrt((((factors - factors[position]) * effect) ** 2).sum(axis=1))
    nearest = np.argsort(distance, kind="stable")
    nearest = nearest[nearest != position][:count]
    return pd.DataFrame(
        {
            names.PLACE: np.array(choice.place_codes(run), dtype=object)[nearest],
            names.NAME: np.array(choice.place_names(run), dtype=object)[nearest],
            DISTANCE: distance[nearest],
        }
    )
