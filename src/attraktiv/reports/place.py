"""The report on one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from attraktiv import names
from attraktiv.effects.units import base_of, is_of_migration
from attraktiv.errors import RunError
from attraktiv.queries import attractiveness_table, decomposition_table, forecast_table, query
from attraktiv.reports.ahead import ahead_table, benchmark_table, difference_table, last_values
from attraktiv.reports.document import Block, Figure, Heading, Paragraph, Row, Section, Table
from attraktiv.reports.fan import fan_chart
from attraktiv.reports.kinds import by_kind, kinds_chart
from attraktiv.reports.league import path_chart
from attraktiv.reports.material import Material
from attraktiv.reports.phrases import capital, decimals_of
from attraktiv.reports.pyramids import pyramid
from attraktiv.reports.standing import standing
from attraktiv.words import component_name, scenario_name, text

_AHEAD: Final = 20  # years to the second pyramid
_SHOWN_YEARS: Final = 3  # of the differences between scenarios


def place_section(material: Material, code: str) -> Section:
    """Return a place: how attractive, how sure, why, what next.

    Parameters
    ----------
    material
        What the report is made of.
    code
        A place of the run.
    """
    league = material.league
    row: pd.Series[Any] = league[league[names.PLACE] == code].iloc[0]
    named = str(row[names.NAME])
    say = material.say
    if pd.isna(row["mean"]):
        unknown = Paragraph(say("place_unknown"), "warning")
        ahead: list[Block] = [Heading(say("what_next")), *_what_next(material, code, named)]
        return Section(f"place-{code}", named, [unknown, *ahead], new_page=True)
    blocks: list[Block] = [
        Heading(say("how_attractive_place")),
        *_how_attractive(material, code, row),
        Heading(say("how_sure")),
        *_how_sure(material, code, row),
        Heading(say("why")),
        *_why(material, code, named),
        Heading(say("what_next")),
        *_what_next(material, code, named),
    ]
    return Section(f"place-{code}", named, blocks, new_page=True)


def _how_attractive(material: Material, code: str, row: pd.Series) -> Iterator[Block]:
    say = material.say
    decimals = decimals_of(str(row["unit"]))
    level = {of: say.number(row[of], decimals, signed=True) for of in ("mean", "lower", "upper")}
    kind = text(f"kind.{material.league.attrs[names.KIND]}", say.language)
    said = [
        say(
            "place_level",
            place=str(row[names.NAME]),
            kind=kind,
            unit=say.unit(row["unit"]),
            band=say.band,
            **level,
        ),
        say(f"place_{standing(row['lower'], row['upper'])}"),
    ]
    unclear = standing(row["lower"], row["upper"]) == "unclear"
    yield Paragraph(" ".join(said), "unclear" if unclear else "lead")
    if row[names.FROM_PRIOR]:
        yield Paragraph(say("place_prior"), "warning")
    base = base_of(material.run)
    counted = attractiveness_table(
        material.run, places=[code], unit=base.counted, prob=say.prob
    ).iloc[0]
    if pd.notna(counted["mean"]):
        ends = {of: say.number(counted[of], signed=True) for of in ("mean", "lower", "upper")}
        yield Paragraph(say("place_counted", unit=say.unit(counted["unit"]), **ends))


def _how_sure(material: Material, code: str, row: pd.Series) -> Iterator[Block]:
    say = material.say
    if pd.notna(row["rank_lower"]):
        yield Paragraph(
            say(
                "place_rank",
                band=say.band,
                low=int(row["rank_lower"]),
                high=int(row["rank_upper"]),
                all=len(material.league),
                above=say.share(row["prob_above_average"]),
                top=int(row["top"]),
                top_share=say.share(row["prob_top"]),
            )
        )
    lasting = None
    if names.THETA in material.run[names.POSTERIOR].dataset:
        lasting = float(row["lasting_mean"])
        ends = {of: say.number(row[f"lasting_{of}"], 2, signed=True) for of in ("lower", "upper")}
        yield Paragraph(say("place_lasting", mean=say.number(lasting, 2, signed=True), **ends))
    if names.U not in material.run[names.POSTERIOR].dataset:
        return
    path = query(material.run, names.ATTRACTIVENESS, places=[code], prob=say.prob)
    path = path.loc[path["median"].notna()]
    if len(path) > 1:
        unit = say.unit(path["unit"].iloc[0])
        ends = {
            word: say.number(path["median"].iloc[at], 2, signed=True)
            for word, at in (("low", 0), ("high", -1))
        }
        years = {word: int(path[names.YEAR].iloc[at]) for word, at in (("first", 0), ("last", -1))}
        name = str(row[names.NAME])
        yield Figure(
            f"path-{code}",
            path_chart(path, lasting, say.language),
            say("path_caption", place=name, unit=unit, band=say.band),
            say("path_alt", place=name, unit=unit, **ends, **years),
        )


def _why(material: Material, code: str, named: str) -> Iterator[Block]:
    say = material.say
    try:
        found = decomposition_table(material.run, places=[code], prob=say.prob)
    except RunError:  # an answer that this run cannot give; the others stand
        found = pd.DataFrame({"mean": [float("nan")]})
    if found["mean"].isna().any():
        yield Paragraph(say("no_decomposition"), "note")
        return
    kinds = by_kind(found)
    terms = kinds.loc[kinds["component"] != names.OBSERVED_GROWTH]
    growth = kinds.loc[kinds["component"] == names.OBSERVED_GROWTH].iloc[0]
    largest = terms.iloc[int(terms["mean"].abs().to_numpy().argmax())]
    years = {end: int(growth[end]) for end in ("first", "last")}
    key = "place_why" if is_of_migration(material.run) else "place_why_jobs"

    def percent(value: float) -> str:
        return say("percent_value", value=say.number(value, 2, signed=True))

    yield Paragraph(
        say(
            key,
            place=named,
            growth=percent(growth["mean"]),
            largest=component_name(str(largest["kind"]), say.language),
            value=percent(largest["mean"]),
            **years,
        )
    )
    values = [
        say(
            "named_value",
            name=component_name(str(row["kind"]), say.language),
            value=say.number(row["mean"], 2, signed=True),
        )
        for row in kinds.to_dict("records")
    ]
    caption = say("kinds_caption", place=named, **years)
    yield Figure(
        f"growth-{code}",
        kinds_chart(kinds, say.language),
        caption,
        say("kinds_alt", place=named, values=say.listed(values)),
    )
    rows = [
        Row(
            (
                capital(component_name(str(row["component"]), say.language)),
                say.number(row["mean"], 2, signed=True),
                say.to(row["lower"], row["upper"], 2, signed=True)
                if row["lower"] < row["upper"]
                else say("column_observed").lower(),
            )
        )
        for row in found.loc[
            found["is_term"] | (found["component"] == names.OBSERVED_GROWTH)
        ].to_dict("records")
    ]
    unit = say.unit(str(growth["unit"]))
    columns = [say("column_term"), capital(unit), say("column_band")]
    yield Table(caption, columns, rows)


def _what_next(material: Material, code: str, named: str) -> Iterator[Block]:
    say, run = material.say, material.run
    if not material.has_forecast:
        yield Paragraph(say("no_forecast"), "note")
        return
    frame = forecast_table(run, places=[code], prob=say.prob)
    origin, last = material.forecast_years[0], material.forecast_years[-1]
    first = scenario_name(material.scenarios[0], say.language)
    end = frame.loc[frame[names.SCENARIO] == material.scenarios[0]].iloc[-1]
    if pd.isna(end["median"]):
        yield Paragraph(say("no_forecast"), "note")
        return
    yield Paragraph(
        say(
            "place_next",
            scenario=first,
            year=last,
            origin=origin,
            now=say.number(end[names.POPULATION]),
            decline=say.share(end[names.PROB_DECLINE]),
            **{of: say.number(end[of]) for of in ("median", "lower", "upper")},
        ),
        "lead",
    )
    theirs = None
    if material.benchmarks is not None:
        found = material.benchmarks
        theirs = found.loc[found[names.PLACE] == code]
    caption = say("fan_caption", place=named, band=say.band)
    if theirs is not None and len(theirs):
        whose = say.listed([str(one) for one in dict.fromkeys(theirs["projection"])])
        caption = say("fan_caption_benchmark", place=named, band=say.band, projections=whose)
    yield Figure(
        f"forecast-{code}",
        fan_chart(
            run,
            [code],
            probs=[say.prob],
            observed=material.observed,
            benchmarks=material.benchmarks,
            language=say.language,
        ),
        caption,
        say("fan_alt", place=named, origin=origin, last=last, values=last_values(frame, say)),
    )
    yield ahead_table(frame, say, origin)
    if material.benchmarks is not None:
        beside = benchmark_table(run, material.benchmarks, material.observed, code, say)
        if beside is not None:
            yield beside
    shown = [int(year) for year in dict.fromkeys(frame[names.YEAR])][-_SHOWN_YEARS:]
    apart = difference_table(run, code, say, shown)
    if apart is not None:
        yield apart
    if material.has_ages:
        year = min(origin + _AHEAD, last)
        yield Figure(
            f"ages-{code}",
            pyramid(run, code, year, material.scenarios[0], prob=say.prob, language=say.language),
            say("pyramid_caption", place=named, origin=origin, year=year, scenario=first),
            say("pyramid_alt", place=named, origin=origin, year=year),
        )
