"""Blocks of draws, each of which fills its part of a forecast: tasks for whoever does them.

All places of a draw stay together, for years couple them: factors are centred on the places of the
year, neighbours feel each other's jobs, and the nation may have a total to keep. Draws share
nothing but what is gathered beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from attraktiv import names
from attraktiv.forecasts.chance import draw_chance
from attraktiv.forecasts.inputs import Inputs
from attraktiv.forecasts.path import How
from attraktiv.forecasts.scenarios import Scenario
from attraktiv.forecasts.years import simulate
from attraktiv.tasks import run_tasks


@dataclass(frozen=True)
class Work:
    """What every block needs to know.

    Attributes
    ----------
    inputs : Inputs
    asked : tuple of Scenario
    how : How
    blocks : list of (chain, draws)
    per_chain : int
        Draws of a chain.
    seeds : list of numpy.random.SeedSequence
        Of each block, so that it matters to no number who does it, and when.
    sink : mapping of str to array
        Where results go, by variable; on disk where other processes fill it.
    """

    inputs: Inputs
    asked: tuple[Scenario, ...]
    how: How
    blocks: list[tuple[int, slice]]
    per_chain: int
    seeds: list[np.random.SeedSequence]
    sink: Mapping[str, Any]


def fill(work: Work, scheduler: str | None, workers: int) -> Iterator[None]:
    """Do all blocks, and say of each that it is done; here, or where `workers` or a scheduler are.

    Parameters
    ----------
    work : Work
    scheduler : str, optional
    workers : int
        With 1 this process does them, in all its threads.
    """
    if scheduler is None and workers == 1:
        for number in range(len(work.blocks)):
            fill_block(work, number)
            yield
        return
    tasks = [(number,) for number in range(len(work.blocks))]
    done = run_tasks(
        fill_block, work, tasks, scheduler=scheduler, workers=workers,
        if_killed="Nothing was stored. Run it again with fewer processes: --workers 1.",
    )  # fmt: skip
    for _ in done:
        yield


def fill_block(work: Work, number: int) -> None:
    """Simulate a block, and put what comes out where it belongs."""
    (chain, rows), sink = work.blocks[number], work.sink
    flat = slice(chain * work.per_chain + rows.start, chain * work.per_chain + rows.stop)
    block = work.inputs.block(flat)
    cells = None if block.people is None else block.people.by_age.shape[1:]
    chance = draw_chance(
        work.seeds[number], block.draws, len(block.places), block.horizon, cells,
        block.correlation_path, block.correlation_noise, block.migration.equation.freedom,
        work.how.certain,
    )  # fmt: skip
    tied = None
    if block.national is not None:
        variant = np.arange(flat.start, flat.stop) % block.national.shape[1]
        tied = block.national[:, variant].T
    first = None
    for s, scenario in enumerate(work.asked):
        total = tied
        if scenario.hold_national_total and first is not None:
            total = first.sum(axis=1)[:, 1:]
        path = simulate(block, scenario, chance, work.how, total)
        where = (s, chain, rows)
        for name, values in path.totals.items():
            sink[name][where] = values
        population = path.totals[names.POPULATION].astype(np.float64)
        first = population if first is None else first
        sink[names.POPULATION_DIFFERENCE][where] = population - first
        if path.by_group is not None:
            sink[names.POPULATION_BY_AGE_GROUP][where] = path.by_group
        if path.by_age is not None:
            sink[names.POPULATION_BY_AGE][where] = path.by_age
