"""What "attractive" means: attractiveness, bands, rankings, groups; growth and its terms."""

from __future__ import annotations

from attraktiv.effects.decomposition import decompose
from attraktiv.effects.intervals import bands
from attraktiv.effects.levels import attractiveness
from attraktiv.effects.ranks import prob_greater, ranking

__all__ = ["attractiveness", "bands", "decompose", "prob_greater", "ranking"]
