"""The report on all places of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.effects import choice
from attraktiv.effects.units import is_of_migration
from attraktiv.engines import check
from attraktiv.errors import RunError
from attraktiv.queries import decomposition_table, query
from attraktiv.reports.ahead import ahead_table, last_values
from attraktiv.reports.document import Block, Figure, Paragraph, Row, Section, Table
from attraktiv.reports.fan import nation_fan
from attraktiv.reports.kinds import by_kind, stacked_chart
from attraktiv.reports.league import attractiveness_map, labels, league_chart
from attraktiv.reports.material import Material
from attraktiv.reports.phrases import capital, decimals_of
from attraktiv.reports.standing import STANDINGS, standings
from attraktiv.words import component_name, scenario_name, variable_name

_ENDS: Final = 12  # places at either end of a league
_SPLIT: Final = 8  # and of the decomposition
_CHANGES: Final = 16
_SURE: Final = 0.9  # probability from which decline or growth is counted


def country_sections(material: Material) -> Iterator[Section]:
    """Give the sections: how attractive, how sure, why, what next."""
    say = material.say
    yield Section("how-attractive", say("how_attractive"), [*_how_attractive(material)])
    yield Section("how-sure", say("how_sure"), [*_how_sure(material)])
    yield Section("why", say("why"), [*_why(material)])
    yield Section("what-next", say("what_next"), [*_what_next(material)])


def all_places(material: Material) -> Section:
    """Return the table of all places, in alphabetical order."""
    say, frame = material.say, material.league
    key = choice.name_key(material.run)
    order = sorted(
        frame.index, key=lambda i: (key(str(frame[names.NAME][i])), frame[names.PLACE][i])
    )
    one = frame.iloc[0]
    caption = say(
        "places_caption",
        first=int(one["first"]),
        last=int(one["last"]),
        unit=say.unit(one["unit"]),
        band=say.band,
    )
    blocks: list[Block] = [league_table(material, frame.loc[order], caption)]
    if frame[names.FROM_PRIOR].any():
        blocks.append(Paragraph(say("prior_mark"), "note"))
    return Section("all-places", say("all_places"), blocks, new_page=True)


def league_table(material: Material, frame: pd.DataFrame, caption: str) -> Table:
    """Return places with band, rank and size, in the order of the frame."""
    say = material.say
    decimals = decimals_of(str(frame["unit"].iloc[0]))
    base = names.JOBS if names.JOBS in frame else names.POPULATION
    rows = []
    for name, standing, row in zip(
        labels(frame), standings(frame), frame.to_dict("records"), strict=True
    ):
        ranked = np.isfinite(row["rank_lower"])
        cells = (
            name + (" *" if row[names.FROM_PRIOR] else ""),
            say.number(row["mean"], decimals, signed=True),
            say.to(row["lower"], row["upper"], decimals, signed=True),
            say(f"standing_{standing}"),
            f"{say.number(row['rank_lower'])}–{say.number(row['rank_upper'])}" if ranked else "–",
            say.share(row["prob_above_average"]),
            say.number(row[base]),
        )
        rows.append(Row(cells, muted=standing == "unclear"))
    columns = ("place", "mean", "band", "standing", "rank", "above", base)
    return Table(caption, [say(f"column_{one}") for one in columns], rows, text=(0, 3))


def counts(frame: pd.DataFrame) -> dict[str, int]:
    """Return how many places are above average, below it, and not to be told from it."""
    of = standings(frame).value_counts()
    return {"all": len(frame)} | {str(one): int(of.get(one, 0)) for one in STANDINGS}


def _how_attractive(material: Material) -> Iterator[Block]:
    say, frame = material.say, material.known
    jobs = "" if is_of_migration(material.run) else "_jobs"
    yield Paragraph(say(f"what_it_is{jobs}"))
    yield Paragraph(say("lead", band=say.band, **counts(frame)), "lead")
    decimals = decimals_of(str(frame["unit"].iloc[0]))
    said: dict[str, str] = {}
    for which, word, row in (("highest", "high", frame.iloc[0]), ("lowest", "low", frame.iloc[-1])):
        said[which] = str(row[names.NAME])
        said[word] = say.number(row["mean"], decimals, signed=True)
        for end in ("lower", "upper"):
            said[f"{word}_{end}"] = say.number(row[end], decimals, signed=True)
    yield Paragraph(say("extremes", unit=say.unit(frame["unit"].iloc[0]), **said))
    if material.outlines is not None:
        years = {end: int(frame[end].iloc[0]) for end in ("first", "last")}
        yield Figure(
            "map",
            attractiveness_map(material.league, material.outlines, say.language),
            say("map_caption", **years),
            say("map_alt", **counts(frame)),
        )


def _how_sure(material: Material) -> Iterator[Block]:
    say, frame = material.say, material.known
    yield Paragraph(say("sure", band=say.band))
    if check(material.run).passed is None:
        yield Paragraph(say("least_squares"), "warning")
    shown, caption = frame, say("league_caption_all", band=say.band)
    if len(frame) > 2 * _ENDS:
        shown = pd.concat([frame.head(_ENDS), frame.tail(_ENDS)])
        caption = say("league_caption", shown=_ENDS, band=say.band)
    decimals = decimals_of(str(frame["unit"].iloc[0]))
    yield Figure(
        "league",
        league_chart(shown, say.language),
        caption,
        say(
            "league_alt",
            highest=str(shown[names.NAME].iloc[0]),
            high=say.number(shown["mean"].iloc[0], decimals, signed=True),
            lowest=str(shown[names.NAME].iloc[-1]),
            low=say.number(shown["mean"].iloc[-1], decimals, signed=True),
            unit=say.unit(frame["unit"].iloc[0]),
        ),
    )
    yield league_table(material, shown, caption)


def _why(material: Material) -> Iterator[Block]:
    say, run, frame = material.say, material.run, material.known
    migration = is_of_migration(run)
    yield Paragraph(say("why_country" if migration else "why_country_jobs"))
    fitted = frame.loc[~frame[names.FROM_PRIOR].astype(bool)]
    codes = list(
        dict.fromkeys([*fitted[names.PLACE].head(_SPLIT), *fitted[names.PLACE].tail(_SPLIT)])
    )
    try:
        table = decomposition_table(run, places=codes, prob=say.prob)
    except RunError:  # an answer that this run cannot give; the others stand
        table = pd.DataFrame({"mean": []})
    known = table.loc[table["mean"].notna()]
    if known.empty:
        yield Paragraph(say("no_decomposition"), "note")
    else:
        kinds = by_kind(known)
        years = {end: int(known[end].iloc[0]) for end in ("first", "last")}
        named = [component_name(str(kind), say.language) for kind in dict.fromkeys(kinds["kind"])]
        yield Figure(
            "decomposition",
            stacked_chart(kinds, say.language),
            say("stacked_caption", **years),
            say(
                "stacked_alt",
                places=say.listed([str(name) for name in dict.fromkeys(known[names.NAME])]),
                kinds=say.listed(named[:-1]),
            ),
        )
    factors = query(run, names.BETA, prob=say.prob) if _has_factors(material) else None
    if factors is not None:
        rows = [
            Row(
                (
                    capital(variable_name(str(row[names.TERM]), say.language)),
                    say.number(row["mean"], 2, signed=True),
                    say.to(row["lower"], row["upper"], 2, signed=True),
                ),
                muted=row["lower"] <= 0 <= row["upper"],
            )
            for row in factors.to_dict("records")
        ]
        columns = [say(f"column_{one}") for one in ("factor", "effect", "band")]
        yield Table(say("factors_caption", band=say.band), columns, rows)


def _has_factors(material: Material) -> bool:
    beta = material.run[names.POSTERIOR].dataset[names.BETA]
    return bool(beta.size) and names.YEAR not in beta.dims


def _what_next(material: Material) -> Iterator[Block]:
    say = material.say
    if not material.has_forecast:
        yield Paragraph(say("no_forecast"), "note")
        return
    frame, first = material.ahead, material.scenarios[0]
    origin, last = material.forecast_years[0], material.forecast_years[-1]
    named = scenario_name(first, say.language)
    places = frame.loc[(frame[names.PLACE] != "") & (frame[names.SCENARIO] == first)]
    end = places.loc[places[names.YEAR] == last].dropna(subset=["median"])
    yield Paragraph(
        say(
            "next_country",
            origin=origin,
            year=last,
            scenario=named,
            all=len(end),
            sure=say.share(_SURE),
            declining=int((end[names.PROB_DECLINE] >= _SURE).sum()),
            growing=int((end[names.PROB_DECLINE] <= 1 - _SURE).sum()),
        ),
        "lead",
    )
    nation = frame.loc[frame[names.PLACE] == ""]
    yield Figure(
        "nation",
        nation_fan(
            material.run,
            prob=say.prob,
            observed=material.observed,
            benchmarks=material.benchmarks,
            language=say.language,
        ),
        say("nation_caption", band=say.band),
        say("nation_alt", origin=origin, last=last, values=last_values(nation, say)),
    )
    yield ahead_table(nation, say, origin)
    yield Paragraph(say("method_forecast"), "note")
    change = 100 * (end["median"] / end[names.POPULATION] - 1)
    most = change.abs().sort_values(ascending=False, kind="stable").index[:_CHANGES]
    rows = [
        Row(
            (
                str(row[names.NAME]),
                say.number(row[names.POPULATION]),
                say.number(row["median"]),
                say.to(row["lower"], row["upper"]),
                say("percent_value", value=say.number(row["change"], 0, signed=True)),
                say.share(row[names.PROB_DECLINE]),
            )
        )
        for _, row in end.assign(change=change).loc[most].iterrows()
    ]
    columns = [
        say("column_place"),
        str(origin),
        str(last),
        *(say(f"column_{one}") for one in ("band", "change", "decline")),
    ]
    yield Table(say("changes_caption", year=last, scenario=named), columns, rows)
