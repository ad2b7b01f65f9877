"""Figures in other borders, beside those of others: ``make pages`` writes docs/borders.md."""

from __future__ import annotations

from pathlib import Path

import borders_figures as figures
import pandas as pd

PAGE = Path(__file__).resolve().parents[1] / "docs" / "borders.md"
YEARS = range(2000, 2025)
TEXT = """# Changes of borders

Places merge, are divided, change their number and hand land with people on it to a neighbour. A
model compares a place with itself over the years, so all figures must stand in the borders of one
year. Two functions do that: {{func}}`attraktiv.mapping_from_changes` says to which place of the
chosen year each code of each year belongs, and {{func}}`attraktiv.to_borders` brings the figures
there and reports what it did.

```python
import pandas as pd

import attraktiv

changes = pd.DataFrame(
    {{
        "old_code": ["0104", "0136", "3002"],
        "new_code": ["3002", "3002", "3103"],
        "date": ["2020-01-01", "2020-01-01", "2024-01-01"],
    }}
)
figures = pd.DataFrame(
    {{"code": ["0104", "0136", "3002"], "year": [2019, 2019, 2020], "population": [300, 200, 510]}}
)
mapping = attraktiv.mapping_from_changes(changes, 2024)
moss, report = attraktiv.to_borders(figures, mapping, ["population"])
```

`moss` has the place 3103 with 500 persons in 2019 and 510 in 2020; `report` says that it was put
together from 0104 and 0136 in 2019, and had another number from 2020. Municipalities and their
changes come from the classifications of Statistics Norway: `attraktiv.sources.klass` asks for them.

## What becomes of a place

New number or name
: The figures go on under the new one (`renamed`). A change counts from the first 1 January on or
  after its date.

Merged
: Counts are summed (`merged`). Shares and rates cannot be summed: bring their counts, and divide
  afterwards. Where one of the merged places has no figure the sum is missing, never smaller.

Divided
: Each part gets a share of the place's figures in the years before, the same in all years, and
  **you state it**, in the column `weight`: changes of codes do not say how many lived where.
  Without it the mapping is refused, with the names of the places. Such figures are a guess: the
  report says `split`, gives the share of the figures that comes from divided places
  (`split_share`), and `reliable` is false. A place for which that share is large belongs
  in the `exclude` column of [the panel folder](panel-folder.md). Changes that were fetched get
  their shares from a small table of yours: `changes.merge(shares, on=["old_code", "new_code"],
  how="left")`.

A part that goes to a neighbour
: The same, with a row from the place to itself for what stays. If the persons are known,
  {{func}}`attraktiv.take_out_transfers` takes them out of migration and into `boundary_transfer`.

Back to earlier borders
: A new number goes back to the former one, parts are summed to the whole. A merger undone needs
  stated shares, in the column `weight_back`.

## What is kept

Persons and jobs
: Counts of every year, and of every sex and age in it, sum to what they summed to. Whole numbers
  stay whole: persons of a divided place go one by one to the part that is furthest from its share
  (the rule of Webster), those of one age after those of the next, so that a table by age is divided
  like the table of totals. Nobody is cut in two and no lone person in a cell always goes to the
  larger part.

Missing
: Missing is not zero. A code or a year that the mapping does not know is an error: a misspelt code
  would otherwise become a place.

Migration
: Persons whom a border moved did not move. On the day on which a place is divided its parts are
  counted for the first time, and are not what the fixed share said;
  {{func}}`attraktiv.balance_splits` calls the difference a transfer. Net migration can be summed
  when places merge, moves in and moves out cannot, for moves between the two are none any more:
  {{func}}`attraktiv.pairs_to_borders` and {{func}}`attraktiv.migration_of_moves` compute them from
  the moves between all pairs.

Parts of a sum
: Migration within the country and across its border, each rounded by itself, could miss net
  migration by a person. {{func}}`attraktiv.parts_to_borders` divides their sum and all parts but
  the first, which is what is left: in every place they sum to what the sum alone is divided into.

Two steps or one
: From 2019 to 2020 and on to 2024 ({{func}}`attraktiv.compose_mappings`) is the same mapping as
  from 2019 to 2024. Where places are divided, figures that are brought in two steps are
  rounded to whole persons twice, and may differ by a person or two.

## Held against real borders

Norwegian municipalities in the borders of {target}, Haram with Ålesund: {places} places. Six have a
history that is a fixed split ({divided}).
Agreement is stated outside them, and theirs apart.

| what | compared | the same |
|---|---|---|
{agreement_rows}

All that was compared is the same to the last person.

Of the six places Ålesund is whole, for the panel has Haram in it; the five others hold parts of
divided places, in whole persons here and partly in fractions in the panel. Of the jobs of the six
{of_six} of {of_six_all} numbers are the same and none is more than {six_off:.0f} off. Of
the pairs of commuters from or to them {pairs_six} are within half a person of the panel's and
none is more than {pairs_off:.1f} off; {pairs_parts} of the panel's pairs are parts of a person
there and nobody here.

The totals of jobs, employed residents, commuters and persons are in every year what they were
before. How much of the jobs of the five comes from divided places, by the report ({span}):

| place | made of | from divided places |
|---|---|---|
{split_rows}

### What the sources do not say

- The published mapping lacks {lacking} codes that the groups have: {lacking_names}.
  Figures of years in which those were in use end in an error that names them, where a plain
  look-up in a table would lose the persons.
- The published mapping has {in_2023} codes for 2023, {in_2022} for 2022 and {in_2024} for 2024:
  in 2023 those before the reform of 1 January 2024 and those after it.
- The jobs of 2019 have Rindal under its former number and with zeros. The number was not in use
  any more: the zeros are a missing value.
- Populations of other years than {pop_first}–{pop_last} are at hand in the borders of {target}
  alone, and could not be held against figures in older borders. From 1986 to 2020 and
  outside the six they have {jumps} jumps of {many} persons or more in one year that are more than
  {jump:.0f} percentage points from the place's usual growth (the year is the one that ends with
  the jump):

| place | year | persons | points off |
|---|---|---|---|
{jump_rows}

Two places that jump in opposite directions in the same year ({opposite})
look like a transfer that changes of codes cannot show: no code of theirs began in that year.

The panel's own `boundary_transfer` is not zero on the whole in {unbalanced}:
who was moved out of one place was not always moved into another.

`make pages` writes this section.
"""


def table(rows: list[tuple[object, ...]]) -> str:
    """Rows of a table."""
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def of_codes(found: pd.Series, stated: pd.Series) -> figures.Agreement:
    """Compare codes: they are the same or they are not."""
    return figures.agreement((found != stated).astype(float), pd.Series(0.0, found.index))


def in_and_outside(beside: pd.DataFrame, keys: list[str], divided: list[str]) -> pd.Series:
    """Say which rows touch a place with a fixed split."""
    return beside[keys].isin(divided).any(axis=1)


def write(norway: Path) -> None:
    """Compute and write the page."""
    divided = figures.divided(norway)
    places = pd.read_csv(norway / "places.csv", dtype={"place": str}).set_index("place")["name"]
    groups = figures.groups_beside(norway)
    both = groups.dropna()
    lacking = groups[groups["place_published"].isna()]
    known = figures.codes_and_years(norway, YEARS).dropna()

    _, found, report = figures.jobs(norway)
    jobs = figures.beside(found, norway, "panel.csv", ["place", "year"])
    jobs = jobs[jobs["_merge"] == "both"]
    six = in_and_outside(jobs, ["place"], divided)
    stated = {
        count: figures.agreement(jobs.loc[~six, count], jobs.loc[~six, f"{count}_stated"])
        for count in ("jobs", "employed_residents")
    }
    of_six = figures.agreement(jobs.loc[six, "jobs"], jobs.loc[six, "jobs_stated"])

    _, pairs = figures.commuting(norway)
    pairs = figures.beside(pairs, norway, "commuting.csv.gz", ["home", "work", "year"])
    at_six = in_and_outside(pairs, ["home", "work"], divided)
    here, there = pairs["employed"].fillna(0), pairs["employed_stated"].fillna(0)
    outside = figures.agreement(here[~at_six], there[~at_six])
    inside = figures.agreement(here[at_six], there[at_six], within=0.5)

    _, found = figures.population(norway)
    people = figures.beside(found, norway, "population.csv", ["place", "year"])
    people = people[people["_merge"] == "both"]
    people = people[~in_and_outside(people, ["place"], divided)]
    persons = figures.agreement(people["population"], people["population_stated"])

    jumps = figures.jumps(norway)
    pairs_of = jumps.groupby("year").filter(
        lambda year: len(year) == 2 and (year["persons"] > 0).sum() == 1
    )
    moved = figures.transfers(norway).groupby("year")["boundary_transfer"].sum()
    split = report[report["kind"] == "split"]
    split = split[split["to_year"] == split["to_year"].max()]
    codes_of = figures.redistricting(norway).groupby("year")
    years = people["year"].min(), people["year"].max()
    of_jobs = f"{jobs['year'].min()}–{jobs['year'].max()}"
    cells, panel_s = "places and years", "and the panel's"
    page = TEXT.format(
        target=figures.TARGET,
        places=len(places),
        divided=", ".join(places[divided]),
        agreement_rows=table(
            [
                (what, f"{one.cells:,} {of}", f"{one.equal:,}")
                for what, of, one in (
                    (
                        "codes by Statistics Norway's groups, and by a published mapping",
                        "codes",
                        of_codes(both["place"], both["place_published"]),
                    ),
                    (
                        "a mapping made of the changes that the groups imply, and the published "
                        f"one, {YEARS[0]}–{YEARS[-1]}",
                        "codes and years",
                        of_codes(known["place_made"], known["place"]),
                    ),
                    (f"jobs at the workplace {of_jobs}, {panel_s}", cells, stated["jobs"]),
                    (
                        f"employed residents {of_jobs}, {panel_s}",
                        cells,
                        stated["employed_residents"],
                    ),
                    (f"commuters {of_jobs}, {panel_s}", "pairs and years", outside),
                    (
                        f"population {years[0]}–{years[1]} in the borders of 2017, {panel_s}",
                        cells,
                        persons,
                    ),
                )
            ]
        ),
        pop_first=years[0],
        pop_last=years[1],
        of_six=of_six.equal,
        of_six_all=of_six.cells,
        six_off=of_six.farthest,
        pairs_six=f"{inside.equal:,} of {inside.cells:,}",
        pairs_off=inside.farthest,
        pairs_parts=int(at_six[pairs["_merge"] == "right_only"].sum()),
        span=f"{split['from_year'].min()}–{split['to_year'].max()}",
        split_rows=table(
            [
                (places[row["place"]], row["codes"], f"{row['split_share']:.1%}")
                for row in split.to_dict("records")
            ]
        ),
        lacking=len(lacking),
        lacking_names=", ".join(
            f"{code} {name}" for code, name in zip(lacking["code"], lacking["name"], strict=True)
        ),
        **{f"in_{year}": codes_of.get_group(year)["code"].nunique() for year in (2022, 2023, 2024)},
        jumps=len(jumps),
        many=figures.MANY,
        jump=figures.JUMP,
        jump_rows=table(
            [
                (places[row["place"]], row["year"], f"{row['persons']:+.0f}", f"{row['off']:+.1f}")
                for row in jumps.to_dict("records")
            ]
        ),
        opposite=", ".join(
            f"{' and '.join(places[year['place']])} {of}" for of, year in pairs_of.groupby("year")
        ),
        unbalanced=", ".join(f"{year} ({net:+.0f})" for year, net in moved.items() if net),
    )
    borne_out = (
        of_codes(both["place"], both["place_published"]).farthest == 0
        and of_codes(known["place_made"], known["place"]).farthest == 0
        and all(one.equal == one.cells for one in (*stated.values(), outside, persons))
        and of_six.farthest <= 1
        and inside.farthest < 2
        and len(pairs_of) > 0
        and not figures.code_began(norway, pairs_of).any()
    )
    if not borne_out:
        raise RuntimeError("the figures no longer bear out what the page says")
    PAGE.write_text(page, encoding="utf-8")
