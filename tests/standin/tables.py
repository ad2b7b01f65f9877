"""The tables of the stand-in: names and forms are Statistics Norway's, figures are made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
from tests.standin.country import CHANGES, DIVIDED, PARTS, Published

UPDATED = "2026-02-25T07:00:00Z"
DETAILED_FROM = 2009
ALTERNATIVES = (
    ("Personer", "Hovedalternativet (MMMM)", 7),
    ("Personer1", "Lav nasjonal vekst (LLML)", 1),
    ("Personer2", "Høy nasjonal vekst (HHMH)", 90),
    ("Personer7", "Ingen nettoinnvandring (MMM0)", 3),
    ("Personer8", "Ingen flytting (MM00)", 5),
)
"""Alternatives of a projection: code and name, and by how many each place grows."""
EARLIER = ("13600", "12882", "11668")
CONFIDENTIAL_BELOW = 5


@dataclass(frozen=True)
class StandinVariable:
    """A variable, whether it may be left out, and the code that is its total."""

    code: str
    label: str
    categories: dict[str, str]
    eliminable: bool = False
    total: str | None = None
    codelists: dict[str, dict[str, list[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class StandinTable:
    """A table: values by the codes of its variables, and signs where there is no number."""

    id: str
    label: str
    variables: tuple[StandinVariable, ...]
    roles: dict[str, str]
    values: np.ndarray
    signs: dict[tuple[int, ...], str]


@cache
def tables(published: Published) -> dict[str, StandinTable]:
    """Make every table of the Norwegian recipe."""
    years = {str(year): str(year) for year in published.years}
    time = StandinVariable("Tid", "år", years)
    grouped = {"agg_Storfjord": {"K-0141": [DIVIDED, "0105", "0106"]}}
    codes = {"0": "Hele landet", "01": "Fylket", **_regions(published)}
    region = StandinVariable("Region", "region", codes, True, "0", grouped)
    sex = StandinVariable("Kjonn", "kjønn", {"2": "Kvinner", "1": "Menn"}, True)
    both = StandinVariable("Kjonn", "kjønn", {"0": "Begge kjønn", **sex.categories}, True, "0")
    age = {f"{n:03}" + ("+" if n == 105 else ""): f"{n} år" for n in range(106)}
    single = StandinVariable("Alder", "alder", age, True)
    groups = StandinVariable(
        "Alder", "alder", {"15-74": "15-74 år", "15-19": "15-19 år"}, True, "15-74"
    )
    industry = {"00-99": "Alle næringer", **{c: f"Næring {c}" for c in _industries(published)}}
    nace = StandinVariable("NACE2007", "næring (SN2007)", industry, True, "00-99")
    changes = published.changes.rename(columns={"place": "Region", "year": "Tid"})
    contents = {
        "Folkemengde": ("Folkemengde 1. januar", "population"),
        "Levende": ("Levendefødte", "births"),
        "Dode": ("Døde", "deaths"),
        "Fodselsoverskudd": ("Fødselsoverskudd", "natural_increase"),
        "Nettoinnflytting": ("Nettoinnflytting, inkl. utvandring", "net_migration"),
    }
    made = [
        _table(
            "06913",
            "Folkemengde og endringer",
            (region, _contents(contents), time),
            changes,
            contents,
            published,
        ),
        _quarters(published, region),
        _ages(published, region, sex, single, time),
        _jobs(published, region, nace, both, groups, time),
        _detailed_jobs(published),
        _pairs(
            "03321",
            "Sysselsatte",
            ("Bokommuneen", "bostedskommune"),
            ("ArbstedKomm", "arbeidsstedskommune"),
            "Sysselsatte",
            published,
            time,
        ),
        _pairs(
            "13864",
            "Flytting",
            ("Fraflyttingsregion", "fraflyttingsregion"),
            ("TilflyttRegion", "tilflyttingsregion"),
            "Flyttinger",
            published,
            time,
        ),
        _dwellings(published, region, time),
        _projection("14288", published, region, both, ALTERNATIVES),
        *(_projection(id_, published, region, both, ALTERNATIVES[:1]) for id_ in EARLIER),
    ]
    return {table.id: table for table in made}


def _regions(published: Published) -> dict[str, str]:
    last = max(published.years)
    named = {}
    for code, name in published.names.items():
        span = published.spans.get(code)
        named[code] = f"{name} (-{span[1]})" if span and span[1] < last else name
    return named


def _industries(published: Published) -> list[str]:
    return sorted(published.industries["industry"].unique())


def _contents(contents: Mapping[str, tuple[str, str]]) -> StandinVariable:
    labels = {code: label for code, (label, _) in contents.items()}
    return StandinVariable("ContentsCode", "statistikkvariabel", labels)


def _table(
    id_: str,
    label: str,
    variables: tuple[StandinVariable, ...],
    frame: pd.DataFrame,
    contents: Mapping[str, tuple[str, str]],
    published: Published,
) -> StandinTable:
    """Spread a frame over the cells; what no municipality had that year is no number."""
    keys = [v.code for v in variables if v.code != "ContentsCode"]
    long = frame[[*keys, *(column for _, column in contents.values())]].melt(
        id_vars=keys, var_name="ContentsCode", value_name="value"
    )
    back = {column: code for code, (_, column) in contents.items()}
    long = long.astype({"Tid": object})
    long["Tid"] = long["Tid"].map(
        lambda year: str(int(year)) if not isinstance(year, str) else year
    )
    long["ContentsCode"] = long["ContentsCode"].map(back)
    index = pd.MultiIndex.from_product([list(v.categories) for v in variables])
    order = [v.code for v in variables]
    values = long.set_index(order)["value"].reindex(index).to_numpy(float).copy()
    values = values.reshape([len(v.categories) for v in variables])
    signs = {}
    regions = [k for k, v in enumerate(variables) if "egion" in v.code or "omm" in v.code]
    time = order.index("Tid")
    for cell in map(tuple, np.argwhere(np.isnan(values))):
        year = int(list(variables[time].categories)[cell[time]][:4])
        of = [list(variables[k].categories)[cell[k]] for k in regions]
        outside = any(
            not a <= year <= b for a, b in (published.spans.get(c, (0, 9999)) for c in of)
        )
        if outside and cell[-1] % 2:
            values[cell] = 0.0  # the service writes some of them as zeros
        else:
            signs[cell] = "." if outside else ".."
    roles = {"time": "Tid", "metric": "ContentsCode", "geo": order[regions[0]]}
    return StandinTable(id_, label, variables, roles, values, signs)


def _quarters(published: Published, region: StandinVariable) -> StandinTable:
    """Divide a year's migration over quarters and over the country's border."""
    year = published.changes[["place", "year", "net_migration"]].dropna()
    frames = []
    for quarter in range(1, 5):
        share = year["net_migration"] // 4 + (quarter == 4) * (year["net_migration"] % 4)
        abroad = (year["year"] + quarter) % 3
        frames.append(
            pd.DataFrame(
                {
                    "Region": year["place"],
                    "Tid": year["year"].map(lambda y: f"{int(y)}K") + str(quarter),
                    "in_abroad": abroad + 7,
                    "out_abroad": 7.0,
                    "in_home": share - abroad + 1000,
                    "out_home": 1000.0,
                }
            )
        )
    frame = pd.concat(frames)
    contents = {
        "Innvandring5": ("Innvandring", "in_abroad"),
        "Utvandring6": ("Utvandring", "out_abroad"),
        "Tilflytting7": ("Tilflytting", "in_home"),
        "Fraflytting8": ("Fraflytting", "out_home"),
    }
    periods = {f"{y}K{q}": f"{y}K{q}" for y in published.years[:-1] for q in range(1, 5)}
    time = StandinVariable("Tid", "kvartal", periods)
    return _table(
        "01222", "Kvartal", (region, _contents(contents), time), frame, contents, published
    )


def _ages(
    published: Published,
    region: StandinVariable,
    sex: StandinVariable,
    age: StandinVariable,
    time: StandinVariable,
) -> StandinTable:
    frame = published.ages.rename(columns={"place": "Region", "year": "Tid"})
    frame["Kjonn"] = frame["sex"].map({"female": "2", "male": "1"})
    frame["Alder"] = frame["age"].map(lambda n: list(age.categories)[int(n)])
    contents = {"Personer1": ("Personer", "population")}
    variables = (region, sex, age, _contents(contents), time)
    return _table("07459", "Befolkning", variables, frame, contents, published)


def _jobs(
    published: Published,
    region: StandinVariable,
    nace: StandinVariable,
    sex: StandinVariable,
    age: StandinVariable,
    time: StandinVariable,
) -> StandinTable:
    parts = published.industries
    total = parts.groupby(["place", "year"], as_index=False)["jobs"].sum().assign(industry="00-99")
    frame = pd.concat([parts, total]).rename(
        columns={"place": "Region", "year": "Tid", "industry": "NACE2007"}
    )
    frame = frame.assign(Kjonn="0", Alder="15-74", residents=frame["jobs"] + 1)
    contents = {
        "Sysselsatte": ("Sysselsatte etter bosted", "residents"),
        "SysselsatteArb": ("Sysselsatte etter arbeidssted", "jobs"),
    }
    variables = (region, nace, sex, age, _contents(contents), time)
    table = _table("07984", "Sysselsatte", variables, frame, contents, published)
    few = np.argwhere((table.values > 0) & (table.values < CONFIDENTIAL_BELOW))
    for cell in map(tuple, few):
        table.values[cell] = np.nan
        table.signs[cell] = ":"
    return table


def _detailed_jobs(published: Published) -> StandinTable:
    """Divide jobs by five digits; sums of municipalities and of industries have lists of codes."""
    parts = published.industries[published.industries["year"] >= DETAILED_FROM]
    groups = {code: [f"{code[:2]}.110", f"{code[-2:]}.990"] for code in _industries(published)}
    first = np.floor(0.6 * parts["jobs"])
    halves = zip((0, 1), (first, parts["jobs"] - first), strict=True)
    frame = pd.concat(
        parts.assign(jobs=jobs, industry=[groups[code][k] for code in parts["industry"]])
        for k, jobs in halves
    ).rename(columns={"place": "Region", "year": "Tid", "industry": "NACE2007"})
    five = {code: f"Næring {code}" for own in groups.values() for code in own}
    every = {"00-99": list(five), **groups}
    nace = StandinVariable(
        "NACE2007", "næring (SN2007)", five, codelists={"agg_single_NACE2007arb11": every}
    )
    before = {new: [old for old, to, _ in CHANGES if to == new] for _, new, _ in CHANGES}
    today = {
        f"K-{code}": [code, *(before.get(code, []) if code not in PARTS else [])]
        for code in published.country.tables.places["place"]
    }
    codes = _regions(published)
    region = StandinVariable("Region", "region", codes, codelists={"agg_KommSummer": today})
    years = {str(year): str(year) for year in published.years[:-1] if year >= DETAILED_FROM}
    contents = {"SysselsatteArb": ("Sysselsatte etter arbeidssted", "jobs")}
    variables = (region, nace, _contents(contents), StandinVariable("Tid", "år", years))
    return _table("13470", "Sysselsatte etter næring", variables, frame, contents, published)


def _pairs(
    id_: str,
    label: str,
    first: tuple[str, str],
    second: tuple[str, str],
    content: str,
    published: Published,
    time: StandinVariable,
) -> StandinTable:
    codes = _regions(published)
    one, two = (StandinVariable(code, text, codes) for code, text in (first, second))
    frame = published.commuting.rename(columns={"home": first[0], "work": second[0], "year": "Tid"})
    contents = {content: (label, "employed")}
    table = _table(id_, label, (one, two, _contents(contents), time), frame, contents, published)
    table.values[np.isnan(table.values)] = 0.0  # of pairs most are nobody, and none is a sign
    table.signs.clear()
    return table


def _dwellings(
    published: Published, region: StandinVariable, time: StandinVariable
) -> StandinTable:
    kinds = StandinVariable("Byggeareal", "bygningstype", {"01": "Enebolig", "02": "Blokk"})
    year = published.changes[["place", "year", "births"]].dropna()
    frame = pd.concat(
        pd.DataFrame(
            {
                "Region": year["place"],
                "Tid": year["year"],
                "Byggeareal": kind,
                "done": year["births"] // n,
            }
        )
        for kind, n in (("01", 2), ("02", 5))
    )
    contents = {
        "Igangsatte": ("Igangsatte boliger", "done"),
        "Fullforte": ("Fullførte boliger", "done"),
    }
    long = (region, kinds, _contents({"Fullforte": contents["Fullforte"]}), time)
    return _table("05940", "Boliger", long, frame, {"Fullforte": contents["Fullforte"]}, published)


def _projection(
    id_: str,
    published: Published,
    region: StandinVariable,
    sex: StandinVariable,
    alternatives: Sequence[tuple[str, str, int]],
) -> StandinTable:
    """Go on with the last population and so many more persons; the second half is another age."""
    last = max(published.years)
    ahead = {str(year): str(year) for year in range(last + 14, last + 17)}
    people = published.changes[published.changes["year"] == last]
    older = StandinVariable("Alder", "alder", {"000": "0 år", "001": "1 år eller mer"})
    frame = pd.concat(
        people[["place"]].assign(
            Tid=year,
            Kjonn="0",
            Alder=code,
            **{
                content: (people["population"] + more + k) // 2 for content, _, more in alternatives
            },
        )
        for year in ahead
        for k, code in enumerate(("000", "001"))
    ).rename(columns={"place": "Region"})
    contents = {content: (label, content) for content, label, _ in alternatives}
    time = StandinVariable("Tid", "år", ahead)
    variables = (region, sex, older, _contents(contents), time)
    return _table(id_, "Framskrevet", variables, frame, contents, published)
