"""What "attractive" means: draws of attractiveness, bands, rankings, sums over groups."""

from __future__ import annotations

from attraktiv.effects.collation import collation_key
from attraktiv.effects.intervals import bands
from attraktiv.effects.ranks import prob_greater, ranking
from attraktiv.effects.residential import attractiveness

__all__ = ["attractiveness", "bands", "collation_key", "prob_greater", "ranking"]
