"""The equations of a run, each as a run of its own.

The first equation of a model, that of migration where it has one, has its groups at the root
of the tree: ``posterior``, ``observed_data``, ``constant_data`` and so on. Those of every other
equation lie under its kind: ``business/posterior`` and so on, with the same names in them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import xarray as xr

from attraktiv.errors import RunError
from attraktiv.names import KIND, RESIDENTIAL

KINDS = "kinds"  # attribute of the root: JSON list


def kinds_of(run: xr.DataTree) -> tuple[str, ...]:
    """Return the kinds of attractiveness that a run estimates, that of its root first."""
    return tuple(json.loads(run.attrs.get(KINDS, json.dumps([RESIDENTIAL]))))


def equation_of(run: xr.DataTree, kind: str) -> xr.DataTree:
    """Return one equation of a run, in the layout of a run of that equation alone.

    Parameters
    ----------
    run
        A run.
    kind
        The attractiveness that the equation leaves unexplained.

    Returns
    -------
    DataTree
        Groups ``posterior``, ``observed_data``, … and the attributes of the run, among them
        ``kind`` and ``outcome`` of the equation.

    Raises
    ------
    RunError
        The run has no such equation.
    """
    kinds = kinds_of(run)
    if kind not in kinds:
        raise RunError(
            f"The run of {run.attrs.get('model', 'a model')} has no {kind} attractiveness; it has "
            f"{' and '.join(kinds)}: --kind {kinds[0]}. Models that explain jobs have business "
            "attractiveness, for example: attraktiv fit joint_2026 PANEL."
        )
    if kind == kinds[0]:
        return run
    node = run[kind]
    found = xr.DataTree.from_dict({n: child.to_dataset() for n, child in node.children.items()})
    found.attrs = {**run.attrs, **node.attrs, KINDS: json.dumps([kind])}
    return found


def with_equations(trees: Mapping[str, xr.DataTree]) -> xr.DataTree:
    """Put the equations of a run together, the first at the root.

    Parameters
    ----------
    trees
        By kind: groups, and the attributes of the equation.

    Returns
    -------
    DataTree
    """
    first, *others = trees
    tree = trees[first].copy()
    for kind in others:
        node = trees[kind].copy()
        node.attrs = {**node.attrs, KIND: kind}
        tree[kind] = node
    tree.attrs |= {KIND: first, KINDS: json.dumps(list(trees))}
    return tree
