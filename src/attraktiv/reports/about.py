"""What a report says of itself: can it be used, how it was made, what its words mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import numpy as np

from attraktiv import names, words
from attraktiv.effects.units import is_of_migration
from attraktiv.engines import check
from attraktiv.engines.diagnostics import ESS_LIMIT, R_HAT_LIMIT
from attraktiv.forecasts.stored import stored_forecast
from attraktiv.reports.document import Block, Definitions, Paragraph, Row, Section, Table
from attraktiv.reports.material import Material
from attraktiv.words import variable_name

#: Terms that the report uses; the documentation has all.
_TERMS: Final = (
    *("residential_attractiveness", "business_attractiveness", "lasting_attractiveness"),
    *("structure", "centrality", "noise", "natural_increase", "net_migration_rate"),
    *("band", "partial_pooling", "decomposition", "projection", "scenario"),
)


def about_sections(material: Material) -> Iterator[Section]:
    """Give the sections: verdict, method, terms, provenance."""
    say = material.say
    yield Section("verdict", say("verdict"), [_verdict(material)], new_page=True)
    yield Section("method", say("method"), [*_method(material)])
    entries = [
        (term.term, term.definition) for term in words.glossary(say.language) if term.key in _TERMS
    ]
    yield Section("terms", say("terms"), [Definitions(entries)])
    yield Section("provenance", say("provenance"), [*_provenance(material)])


def _verdict(material: Material) -> Paragraph:
    say, found = material.say, check(material.run)
    if found.passed is None:
        return Paragraph(say("not_sampled"))
    smallest = min(found.figures["ess_bulk"], found.figures["ess_tail"])
    said = say(
        "passed" if found.passed else "failed",
        r_hat=say.number(found.figures["r_hat"], 3),
        r_hat_limit=say.number(R_HAT_LIMIT, 2),
        ess=say.number(smallest),
        ess_limit=say.number(ESS_LIMIT),
    )
    return Paragraph(said, "lead" if found.passed else "warning")


def _method(material: Material) -> Iterator[Block]:
    say = material.say
    factors = list(material.run[names.POSTERIOR].dataset[names.TERM].values)
    # lags of a factor are one circumstance
    shown = dict.fromkeys(
        variable_name(str(factor), say.language).split(", ")[0] for factor in factors
    )
    model = "method_model" if is_of_migration(material.run) else "method_model_jobs"
    yield Paragraph(say(model, factors=say.listed([*shown])))
    if check(material.run).passed is not None:
        yield Paragraph(say("method_pooling"))
    yield Paragraph(say("method_band", band=say.band))
    yield Paragraph(say("method_cause"))
    if material.has_forecast:
        yield Paragraph(say("method_forecast"))


def _provenance(material: Material) -> Iterator[Block]:
    say, run = material.say, material.run
    attrs, posterior = run.attrs, run[names.POSTERIOR].dataset
    facts = {
        "model": str(attrs.get("model", "")),
        "panel": str(attrs.get("panel_title", "")),
        "sources": "; ".join(material.sources),
        "hash": str(attrs.get("panel_hash", "")),
        "years": f"{attrs.get('first_year')}–{attrs.get('last_year')}",
        "places": say.number(run[names.CONSTANT_DATA].dataset.sizes[names.PLACE]),
        "engine": str(attrs.get("engine", "")),
        "draws": say.number(int(np.prod([posterior.sizes[d] for d in (names.CHAIN, names.DRAW)]))),
        "seed": str(attrs.get("seed", "")),
        "made": str(attrs.get("created", ""))[:10],
        "version": str(attrs.get("attraktiv_version", "")),
    }
    if material.has_forecast:
        forecast = stored_forecast(run)
        draws = int(np.prod([forecast.sizes[dim] for dim in (names.CHAIN, names.DRAW)]))
        facts["forecast"] = say(
            "origin_forecast_value",
            origin=material.forecast_years[0],
            last=material.forecast_years[-1],
            draws=draws,
        )
    versions = json.loads(attrs.get("versions", "{}"))
    rows = [Row((say(f"origin_{what}"), value)) for what, value in facts.items() if value]
    rows += [Row((package, str(version))) for package, version in versions.items()]
    columns = [say("column_what"), say("column_value")]
    yield Table(say("origin_caption"), columns, rows, text=(0, 1))
    if material.panel_differs:
        yield Paragraph(say("panel_differs"), "warning")
