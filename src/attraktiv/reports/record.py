"""How good forecasts like this one have been: a backtest in a report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd

from attraktiv import names
from attraktiv.backtests import open_backtest, scores
from attraktiv.errors import InputError
from attraktiv.reports.backtest import backtest_chart
from attraktiv.reports.document import Block, Figure, Paragraph, Row, Section, Table
from attraktiv.reports.phrases import Phrases
from attraktiv.words import forecaster_name, look_ahead_name

_SHOWN: Final = (1, 3, 5, 10)  # years ahead in the table
MODEL, ORIGINS = "model", "origins"


def read_record(path: str | Path, model: str) -> pd.DataFrame:
    """Read how a model and the benchmarks did in a backtest.

    Parameters
    ----------
    path
        A store that :func:`attraktiv.backtest` wrote.
    model
        The model of the run.

    Returns
    -------
    pandas.DataFrame
        From :func:`attraktiv.scores` by years ahead, of the model and what is no other model.

    Raises
    ------
    InputError
        The model is not in the backtest.
    RunError
        There is no backtest.
    """
    found = open_backtest(path)
    models = [str(one) for one in found.attrs["models"]]
    if model not in models:
        raise InputError(
            f"The backtest {path} is of {', '.join(models)}, and the run is of {model}: the report "
            f"tells of the run's own model. Make one: attraktiv backtest {model} PANEL --out STORE"
        )
    table = scores(found)
    kept = table[~table[names.FORECASTER].isin(set(models) - {model})].dropna(subset=["crps"])
    kept = kept.reset_index(drop=True)
    origins = [int(origin) for origin in found[names.ORIGIN].values]
    kept.attrs = table.attrs | {MODEL: model, ORIGINS: origins}
    return kept


def record_section(table: pd.DataFrame, say: Phrases) -> Section:
    """Tell how a model's forecasts did beside others."""
    return Section("record", say("record"), [*_blocks(table, say)])


def _blocks(table: pd.DataFrame, say: Phrases) -> Iterator[Block]:
    model = table.attrs[MODEL]
    own = table[table[names.FORECASTER] == model].set_index(names.HORIZON)
    others = table[table[names.FORECASTER] != model]
    last = own.iloc[-1]
    yield Paragraph(
        say(
            "record_lead",
            origins=say.listed([str(origin) for origin in table.attrs[ORIGINS]]),
            last=int(own.index[-1]),
            error=say.number(last["mape"], 1),
            held=say.share(last["coverage_80"]),
        ),
        "lead",
    )
    least = others.groupby(names.HORIZON)["crps"].min().reindex(own.index)
    better = [str(ahead) for ahead in own.index[own["crps"] < least]]
    if len(better) == len(own):
        verdict = say("record_best")
    else:
        verdict = say("record_better", ahead=say.listed(better)) if better else say("record_worse")
    yield Paragraph(verdict)
    named = {one: forecaster_name(one, say.language) for one in table[names.FORECASTER]}
    yield Figure(
        "record",
        backtest_chart(
            table.assign(**{names.FORECASTER: table[names.FORECASTER].map(named)}), say.language
        ),
        say("record_caption"),
        say(
            "record_alt",
            model=model,
            others=say.listed([said for one, said in named.items() if one != model]),
        ),
    )
    rows = [
        Row(
            (
                say.number(row[names.HORIZON]),
                named[row[names.FORECASTER]],
                say.number(row["crps"], 2),
                say.number(row["mape"], 2),
                say.share(row["coverage_80"]),
            ),
            muted=row[names.FORECASTER] != model,
        )
        for row in table[table[names.HORIZON].isin(_SHOWN)].to_dict("records")
    ]
    columns = [say(f"column_{one}") for one in ("ahead", "forecaster", "crps", "error", "held")]
    yield Table(say("record_table"), columns, rows, text=(1,))
    if table.attrs["look_ahead"]:
        later = [look_ahead_name(one, say.language) for one in table.attrs["look_ahead"]]
        yield Paragraph(say("record_look_ahead", what="; ".join(later)), "note")
