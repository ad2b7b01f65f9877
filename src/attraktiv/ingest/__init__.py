"""Official statistics become the tables of a panel folder.

``klass`` asks Statistics Norway's classifications which codes there are and how they changed;
``borders`` brings figures of any year to the borders of one year.
"""

from __future__ import annotations
