"""The published decomposition of the municipalities, as a panel folder.

The folder is for temporary places only: the publisher of its figures states no licence.

The file gives population on 1 January, growth and birth surplus in percent of it over the year,
and the private jobs of the year with their growth since the year before. Net migration is growth
less birth surplus. The jobs of the year before the first follow from the growth of the first, to
the rounding of its two decimals, and are all that is known of that year.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from attraktiv import names

MIX = f"private_{names.INDUSTRY_MIX}"
OF_PLACE = (names.NAME, "region_name", "county_name")
TITLE = "Published decomposition, Norway"


def write_folder(municipalities: pd.DataFrame, folder: Path) -> Path:
    """Write the rows of the municipalities as a panel folder.

    Parameters
    ----------
    municipalities : pandas.DataFrame
        Rows of the level of municipalities, as :func:`published_figures.read` gives them.
    folder : Path
        A temporary folder; made if it is not there.

    Returns
    -------
    Path
        The folder, with ``panel.csv``, ``places.csv`` and ``panel.toml``.
    """
    rows = municipalities.rename(
        columns={
            "code": names.PLACE,
            "population_1jan": names.POPULATION,
            "private_jobs": names.JOBS_PRIVATE,
        }
    )
    share = rows[names.POPULATION] / 100
    rows[names.NATURAL_INCREASE] = rows["birth_surplus_pct"] * share
    net = rows["population_growth_pct"] - rows["birth_surplus_pct"]
    rows[names.NET_MIGRATION] = net * share
    # their mix is of the private jobs, which are the jobs of their equation
    rows[MIX] = rows["industry_mix_effect"]
    folder.mkdir(parents=True, exist_ok=True)
    places = rows.drop_duplicates(names.PLACE)[[names.PLACE, *OF_PLACE]]
    places.to_csv(folder / "places.csv", index=False)
    panel = pd.concat([_year_before(rows), rows.drop(columns=["level", *OF_PLACE])])
    panel = panel.sort_values([names.PLACE, names.YEAR])
    panel.to_csv(folder / "panel.csv", index=False)
    title = json.dumps(TITLE, ensure_ascii=False)
    (folder / "panel.toml").write_text(f'title = {title}\nplace_names = "nb"\n', encoding="utf-8")
    return folder


def _year_before(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the jobs of the year before the first, which growth of the first was relative to."""
    first = rows[rows[names.YEAR] == rows[names.YEAR].min()]
    growth = first["private_job_growth_pct"] / 100
    jobs = np.round(first[names.JOBS_PRIVATE] / (1 + growth))
    year = first[names.YEAR] - 1
    return first[[names.PLACE]].assign(**{names.YEAR: year, names.JOBS_PRIVATE: jobs})
