"""What "attractive" means: attractiveness, bands, rankings, groups; growth and its terms."""

from __future__ import annotations

from attraktiv.effects.collation import collation_key
from attraktiv.effects.decomposition import decompose
from attraktiv.effects.intervals import bands
from attraktiv.effects.ranks import prob_greater, ranking
from attraktiv.effects.residential import attractiveness

__all__ = ["attractiveness", "bands", "collation_key", "decompose", "prob_greater", "ranking"]
