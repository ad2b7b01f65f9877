"""Write the pages of the documentation that hold results: ``make pages``."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import borders_page
import comparison_page
import forecast_page
import growth_page
import jobs_page
import norway_page
import persistence_page
import prior_page
import published_figures
import published_page
import screening_page
import sensitivity_page
import telemark_page

from attraktiv.errors import AttraktivWarning

DATA = Path(
    os.environ.get("ATTRAKTIV_REAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)

if __name__ == "__main__":
    if not (DATA / "norway").is_dir():
        sys.exit("The real data are not beside the checkout; set ATTRAKTIV_REAL_DATA.")
    warnings.simplefilter("ignore", AttraktivWarning)  # the panel's own doubts, known and stated
    prior_page.write(DATA / "norway")
    norway_page.write(DATA / "norway")
    growth_page.write(DATA / "norway")
    persistence_page.write(DATA / "norway")
    if (DATA / published_figures.FILE).is_file():  # it may not be handed on
        published_page.write(DATA)
        jobs_page.write(DATA)
    sensitivity_page.write(DATA / "norway")
    comparison_page.write(DATA / "norway")
    screening_page.write(DATA / "norway")
    telemark_page.write(DATA / "norway")
    borders_page.write(DATA / "norway")
    forecast_page.write(DATA / "norway")
