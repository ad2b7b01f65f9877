"""A year of people by sex and age, all places and draws of a block at once, compiled."""

from __future__ import annotations

from attraktiv.forecasts.cohorts.births_and_deaths import natural, natural_whole
from attraktiv.forecasts.cohorts.compiled import by_groups
from attraktiv.forecasts.cohorts.migrants import migrate

__all__ = ["by_groups", "migrate", "natural", "natural_whole"]
