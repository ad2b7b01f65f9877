"""Figures of any year in the borders of one year.

``changes`` makes a mapping of changes of codes, with ``periods`` and ``successions``; ``mapping``
says what a sound mapping is; ``recode`` applies it, with ``persons`` for whole numbers and
``report`` for what was done; ``parts`` keeps the parts of a sum at their sum; ``flows`` keeps what
a border moved out of migration.
"""

from __future__ import annotations

from attraktiv.sources.borders.changes import mapping_from_changes
from attraktiv.sources.borders.flows import balance_splits, migration_of_moves, take_out_transfers
from attraktiv.sources.borders.mapping import compose_mappings
from attraktiv.sources.borders.pairs import pairs_to_borders
from attraktiv.sources.borders.parts import parts_to_borders
from attraktiv.sources.borders.recode import to_borders

__all__ = [
    "balance_splits",
    "compose_mappings",
    "mapping_from_changes",
    "migration_of_moves",
    "pairs_to_borders",
    "parts_to_borders",
    "take_out_transfers",
    "to_borders",
]
