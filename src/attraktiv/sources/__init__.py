"""Official statistics become a panel folder.

``recipes`` say what a statistical office has and where it goes; ``client`` asks its service, with
``pace`` and ``snapshots``; ``pxweb`` knows how a PxWeb service is asked, ``jsonstat`` what it
answers; ``extraction`` takes what a recipe names; ``klass`` asks Statistics Norway's
classifications, and ``borders`` brings figures of any year to the borders of one;
``preference`` says which of several tables gives a year, ``attributes`` and ``given`` what is
known of places; ``assembly`` puts the tables of a folder together. ``mapped`` reads tables of any
other form.
"""

from __future__ import annotations

from attraktiv.sources.client import Client
from attraktiv.sources.countries import ingest
from attraktiv.sources.mapped import panel
from attraktiv.sources.recipes import Recipe, load_recipe
from attraktiv.sources.snapshots import Snapshot

__all__ = ["Client", "Recipe", "Snapshot", "ingest", "load_recipe", "panel"]
