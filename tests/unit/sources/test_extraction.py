"""What a recipe takes from a table."""

from __future__ import annotations

from typing import Any

import pytest
from tests.standin.country import MERGED_FROM, NACE, PARTS, Published
from tests.unit.sources.conftest import SERVICE

from attraktiv.errors import RecipeError
from attraktiv.sources import Client, Recipe, load_recipe
from attraktiv.sources.extraction import Extract, extract, matching
from attraktiv.sources.recipes import KEYS, TableRecipe

YEARS = range(2005, 2014)


@pytest.fixture
def recipe() -> Recipe:
    return load_recipe("ssb")


def take(client: Client, recipe: Recipe, **table: Any) -> Extract:
    return extract(client, recipe, TableRecipe(**table), YEARS, 3000)


def test_a_code_goes_before_a_label_and_case_does_not_matter() -> None:
    categories = {"A": "one", "one": "B", "C": "Ås"}
    assert matching("ONE", categories) == ["one"]
    assert matching("ås", categories) == ["C"]
    assert matching("on", categories) == []


def test_what_is_left_out_is_summed_by_the_service(client: Client, recipe: Recipe) -> None:
    whole = take(client, recipe, id="07459", into="panel", values={"population": "Personer1"})
    main = take(client, recipe, id="06913", into="panel", values={"population": "Folkemengde"})
    both = whole.frame.merge(main.frame, on=["place", "year"], suffixes=("", "_main"))
    # the stand-in divides each age of these by itself
    known = both[(both["population_main"] > 0) & ~both["place"].isin(MERGED_FROM)]
    assert len(known) > 80
    assert (known["population"] == known["population_main"]).all()


def test_add_up_sums_what_the_service_does_not(client: Client, recipe: Recipe) -> None:
    table = {"id": "05940", "into": "panel", "values": {"dwellings_completed": "Fullforte"}}
    summed = take(client, recipe, **table, add_up=["Byggeareal"]).frame
    parts = [
        take(client, recipe, **table, total={"Byggeareal": kind}).frame for kind in ("01", "Blokk")
    ]
    total = parts[0]["dwellings_completed"] + parts[1]["dwellings_completed"]
    assert summed["dwellings_completed"].equals(total)
    with pytest.raises(RecipeError, match=r"what is to be done with Byggeareal .*add_up"):
        take(client, recipe, **table)


def test_a_year_without_all_its_quarters_is_missing(client: Client, recipe: Recipe) -> None:
    values = {"net": {"plus": ["Tilflytting7"], "minus": ["Fraflytting8"]}}
    found = take(client, recipe, id="01222", into="panel", values=values).frame
    place = found[found["place"] == "0101"].set_index("year")["net"]
    assert place.notna().all()
    assert list(place.index) == list(range(2005, 2013))


def test_a_codelist_is_found_by_a_pattern_and_codes_lose_their_prefix(
    client: Client, recipe: Recipe
) -> None:
    table = {
        "id": "06913",
        "into": "panel",
        "values": {"population": "Folkemengde"},
        "codes": {"place": "K-([0-9]{4})"},
    }
    found = take(client, recipe, **table, codelists={"region": "agg_stor.*"})
    assert set(found.frame["place"]) == {"0141"}
    with pytest.raises(RecipeError, match=r"matches no codelist. The table has agg_Storfjord"):
        take(client, recipe, **table, codelists={"Region": "agg_other"})


def test_hidden_cells_are_counted_by_their_sign(client: Client, recipe: Recipe) -> None:
    found = take(client, recipe, id="06913", into="panel", values={"births": "Levende"})
    assert set(found.signs) == {".", ".."}
    assert found.frame["births"].isna().sum() == sum(found.signs.values())


def test_codes_that_would_be_the_same_are_refused(client: Client, recipe: Recipe) -> None:
    with pytest.raises(RecipeError, match="two codes would both be written as the same place"):
        take(
            client,
            recipe,
            id="06913",
            into="panel",
            values={"population": "Folkemengde"},
            codes={"place": "01([0-9])[0-9]"},
        )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"into": "commuting"}, "does not say which variable is home, work"),
        ({"into": "panel", "keys": {"sex": "K"}}, "has the keys place, year, not 'sex'"),
        ({"into": "projections"}, "has a name and an origin"),
        ({"into": "panel", "values": {"Å": "x"}}, "pattern"),
    ],
)
def test_a_table_that_cannot_be_is_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TableRecipe.model_validate({"id": "1", "values": {"n": "N"}, **table})


def test_norway_has_the_tables_that_the_page_lists(recipe: Recipe) -> None:
    assert recipe.service == SERVICE
    assert {table.into for table in recipe.table} == {*KEYS} - {"population"}


def test_codes_with_a_prefix_and_groups_of_industries_come_from_lists(
    client: Client, recipe: Recipe, published: Published
) -> None:
    """Municipalities of today and groups of industries, each from a codelist of its own."""
    table = {
        "id": "13470",
        "into": "jobs_by_industry",
        "keys": {"industry": "NACE2007"},
        "values": {"jobs": "SysselsatteArb"},
        "codelists": {"Region": "agg_KommSummer", "NACE2007": "agg.*NACE2007arb11"},
        "codes": {"place": "K[-_.]?([0-9]{4})", "industry": "(?!00-99)[0-9]{2}(?:-[0-9]{2})?"},
    }
    found = take(client, recipe, **table).frame
    known = found[~found["place"].isin(PARTS)].set_index(["place", "year", "industry"])["jobs"]
    simulated = published.country.tables.jobs_by_industry
    assert simulated is not None
    coded = simulated.replace({"industry": NACE})
    true = coded.set_index(["place", "year", "industry"])["jobs"]
    assert len(known) == 10 * 4 * len(NACE)
    assert (known == true.reindex(known.index)).all()
    with pytest.raises(RecipeError, match=r"'agg_Kommsummer2' of the recipe matches no codelist"):
        take(client, recipe, **{**table, "codelists": {"Region": "agg_Kommsummer2"}})
