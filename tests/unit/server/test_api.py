"""Questions over HTTP, and their answers."""

from __future__ import annotations

import asyncio
import io
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xarray as xr
from pandas.testing import assert_frame_equal
from tests.unit.fake_forecast import fake_forecast
from tests.unit.runs import fake_run
from tests.unit.server.client import HOST, Client

from attraktiv.queries import attractiveness_table, decomposition_table, query
from attraktiv.server.application import application
from attraktiv.server.served import open_served
from attraktiv.store import append_group
from attraktiv.words import sort_key

RUN = "/api/v1/runs/F-rste-kj-ring"


def ask(client: Client, address: str, **parameters: Any) -> dict[str, Any]:
    response = client.get(address, params=parameters or None)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def close_to(found: dict[str, Any], expected: pd.DataFrame) -> None:
    """JSON has six decimals and null for what is missing."""
    rows = pd.DataFrame(found["rows"], columns=expected.columns)
    plain = expected.astype(object).where(expected.notna(), None)
    assert_frame_equal(
        rows.astype(object).where(rows.notna(), None).infer_objects(),
        plain.infer_objects(),
        check_dtype=False,
        atol=1e-6,
        rtol=0,
    )


def test_the_runs_say_what_they_can_be_asked(client: Client) -> None:
    answer = ask(client, "/api/v1/runs")
    first, second = answer["runs"]
    assert (first["name"], second["name"]) == ("F-rste-kj-ring", "classical")
    assert first["kinds"] == ["residential", "business", "total"]
    assert (first["first"], first["last"], first["places"], first["draws"]) == (2006, 2011, 9, 100)
    assert first["groupings"]["county_name"] == 3
    assert first["forecast"]["scenarios"] == ["continued", "low", "high"]
    assert (first["classical"], second["classical"]) == (False, True)
    assert second["forecast"] is None
    assert answer["map"] is True


def test_places_are_in_the_order_of_their_alphabet(client: Client) -> None:
    rows = ask(client, f"{RUN}/places")["rows"]
    named = [row["name"] for row in rows]
    assert named == sorted(named, key=sort_key("nb"))
    assert named[-3:] == ["Øygarden", "Ås", "Aasen"]
    assert {"county_name", "population", "fitted"} <= set(rows[0])


def test_a_ranking_is_that_of_the_query_room(client: Client, run: xr.DataTree) -> None:
    close_to(ask(client, f"{RUN}/attractiveness"), attractiveness_table(run))
    close_to(
        ask(client, f"{RUN}/attractiveness", group="county_name", kind="total", first=2008),
        attractiveness_table(run, group="county_name", kind="total", first=2008),
    )


def test_only_large_places_are_shown_but_all_are_ranked(client: Client, run: xr.DataTree) -> None:
    frame = attractiveness_table(run)
    least = float(frame["population"].median())
    found = ask(client, f"{RUN}/attractiveness", minimum=least)
    close_to(found, frame[frame["population"] >= least].reset_index(drop=True))


def test_pages_are_parts_of_the_whole(client: Client) -> None:
    whole = ask(client, f"{RUN}/attractiveness")
    part = ask(client, f"{RUN}/attractiveness", offset=2, limit=3)
    assert part["rows"] == whole["rows"][2:5]
    assert (part["total"], part["offset"]) == (9, 2)
    assert ask(client, f"{RUN}/attractiveness", offset=500)["rows"] == []


def test_bands_and_series_say_the_same(client: Client, run: xr.DataTree) -> None:
    expected = query(run, "net_migration_rate", places=["Ås"])
    close_to(ask(client, f"{RUN}/bands/net_migration_rate", place="Ås"), expected)
    (series,) = ask(client, f"{RUN}/series/net_migration_rate", place="Ås")["rows"]
    assert series["year"] == expected["year"].tolist()
    assert series["lower"] == pytest.approx(expected["lower"].tolist(), abs=1e-6)
    assert series["name"] == "Ås"


def test_a_variable_of_another_equation(client: Client, run: xr.DataTree) -> None:
    close_to(
        ask(client, f"{RUN}/bands/attractiveness", place="Oslo", kind="business"),
        query(run, "business/attractiveness", places=["Oslo"]),
    )


def test_the_decomposition(client: Client, run: xr.DataTree) -> None:
    close_to(
        ask(client, f"{RUN}/decomposition", place="Oslo"), decomposition_table(run, places=["Oslo"])
    )
    jobs = ask(client, f"{RUN}/decomposition", place="Oslo", kind="business")
    assert "business_attractiveness" in {row["component"] for row in jobs["rows"]}


def test_a_group_of_one_s_own_is_summed_within_the_draws(client: Client, run: xr.DataTree) -> None:
    members = ["Oslo", "Ås"]
    found = ask(client, f"{RUN}/forecasts/population", member=members, scenario="low")["rows"]
    forecast = run["forecast"].dataset["population"].sel(scenario="low")
    summed = forecast.sel(place=["00101", "00102"]).astype(float).sum("place")
    expected = summed.quantile(0.9, ["chain", "draw"])
    assert [row["upper"] for row in found] == pytest.approx(expected.values.tolist(), rel=1e-6)
    (level,) = ask(client, f"{RUN}/attractiveness", member=members)["rows"]
    assert level["group"] == "chosen"


def test_forecasts_scenarios_and_probabilities(client: Client, run: xr.DataTree) -> None:
    assert ask(client, f"{RUN}/scenarios")["origin"] == 2012
    close_to(
        ask(client, f"{RUN}/forecasts/age_share", place="Oslo", scenario="low", age_group="80+"),
        query(run, "forecast/age_share", places=["Oslo"], scenarios=["low"], age_groups=["80+"]),
    )
    close_to(
        ask(client, f"{RUN}/probability", place="Oslo", threshold=8000, year=2020),
        query(run, "prob_above", places=["Oslo"], threshold=8000, years=[2020]),
    )


def test_counts_are_the_panel_s(client: Client) -> None:
    rows = ask(client, f"{RUN}/counts/jobs", place="Ås")["rows"]
    assert {row["observed"] for row in rows} == {1000}
    assert rows[-1]["year"] == 2012
    group = ask(client, f"{RUN}/counts/population", member=["Oslo", "Ås"], year=2010)["rows"]
    assert [row["observed"] for row in group] == [3000]
    ages = ask(client, f"{RUN}/counts/population_by_age", place="Oslo", year=2012)["rows"]
    assert sum(row["observed"] for row in ages) == 1000
    assert {row["sex"] for row in ages} == {"female", "male"}


def test_places_of_like_structure(client: Client, run: xr.DataTree) -> None:
    rows = ask(client, f"{RUN}/like", place="Oslo", count=3)["rows"]
    factors = run["constant_data"].dataset["factors"].mean("year")
    effect = run["posterior"].dataset["beta"].mean(["chain", "draw"])
    apart = (((factors - factors.sel(place="00101")) * effect) ** 2).sum("term") ** 0.5
    expected = apart.to_series().drop("00101").nsmallest(3)
    assert [row["place"] for row in rows] == expected.index.tolist()
    assert [row["distance"] for row in rows] == pytest.approx(expected.tolist(), abs=1e-6)


def test_the_texts_name_what_the_runs_hold(client: Client) -> None:
    nb, en = (ask(client, f"/api/v1/words/{language}") for language in ("nb", "en"))
    assert set(nb) == set(en)
    assert set(nb["texts"]) == set(en["texts"])
    for name in ("lag(own_job_growth, 1)", "county_name", "natural_increase"):
        assert nb["names"][name] != en["names"][name]
    assert (nb["locale"]["decimal"], en["locale"]["decimal"]) == (",", ".")
    assert client.get("/api/v1/words/de").status_code == 422


def test_the_outlines_are_of_the_places(client: Client) -> None:
    outlines = ask(client, "/api/v1/geometry")
    assert [one["properties"]["place"] for one in outlines["features"]][:2] == ["00101", "00102"]


@pytest.mark.parametrize(
    "address", ["attractiveness", "forecasts/population?place=Oslo", "decomposition?place=Oslo"]
)
def test_files_hold_what_json_holds(client: Client, address: str) -> None:
    joint = "&" if "?" in address else "?"
    rows = ask(client, f"{RUN}/{address}")["rows"]
    csv, parquet, netcdf = (
        client.get(f"{RUN}/{address}{joint}format={form}") for form in ("csv", "parquet", "netcdf")
    )
    assert csv.headers["content-disposition"].endswith('.csv"')
    means = [row["mean"] for row in rows]
    text = {"place": str, "group": str}
    assert pd.read_csv(io.StringIO(csv.text), dtype=text)["mean"].tolist() == pytest.approx(
        means, abs=1e-6, nan_ok=True
    )
    frame = pd.read_parquet(io.BytesIO(parquet.content))
    assert frame["mean"].tolist() == pytest.approx(means, abs=1e-6, nan_ok=True)
    dataset = xr.open_dataset(io.BytesIO(netcdf.content), engine="scipy")
    assert float(dataset["mean"].sum()) == pytest.approx(sum(filter(None, means)), abs=1e-4)
    assert "Oslo" in dataset["name"].astype(str).values
    assert dataset["mean"].dims[0] in ("place", "scenario")


@pytest.mark.parametrize(
    ("address", "status", "message"),
    [
        ("/api/v1/runs/nope/places", 404, "No run 'nope' is served; there are F-rste-kj-ring"),
        (f"{RUN}/bands/attractivenes", 404, "Did you mean attractiveness"),
        (f"{RUN}/bands/theta?place=Nowhere", 404, "no place 'Nowhere'"),
        (f"{RUN}/bands/theta?place=V%C3%A5ler", 404, "belongs to 2 places"),
        (f"{RUN}/bands/theta?place=%3Cscript%3E", 404, "no place '<script>'"),
        (f"{RUN}/attractiveness?group=nope", 404, "cannot be grouped by 'nope'"),
        (f"{RUN}/attractiveness?group=__class__", 422, "group"),
        (f"{RUN}/attractiveness?first=2010&last=2007", 404, "is empty"),
        (f"{RUN}/attractiveness?prob=1", 422, "prob"),
        (f"{RUN}/attractiveness?limit=100000", 422, "limit"),
        (f"{RUN}/attractiveness?unit=jobs", 404, "jobs"),
        (f"{RUN}/attractiveness?nonsense=1", 422, "nonsense"),
        (f"{RUN}/bands/theta%00", 422, "variable"),
        (f"{RUN}/bands/..%2F..%2Fetc%2Fpasswd", 404, "Not Found"),
        ("/api/v1/runs/..%2F..%2Fetc/places", 404, "Not Found"),
        ("/..%2F..%2Fetc%2Fpasswd", 404, "Not Found"),
        ("/api/v1/runs/classical/scenarios", 404, "has no forecast"),
        ("/api/v1/runs/classical/forecasts/population", 404, "has no forecast"),
        (f"{RUN}/forecasts/population_by_age", 404, "more than is computed at once"),
        (f"{RUN}/counts/rate", 404, "no count 'rate'"),
        (f"{RUN}/bands/age_share", 404, "ask under forecasts"),
    ],
)
def test_what_is_wrong_is_said(
    client: Client, address: str, status: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attraktiv.server.questions._MOST", 300_000)
    response = client.get(address)
    assert response.status_code == status, response.text
    assert message in response.json()["error"]


def test_nothing_can_be_changed(client: Client) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        response = client.request(method, f"{RUN}/places")
        assert response.status_code == 405
        assert set(response.headers["allow"].split(", ")) <= {"GET", "HEAD"}


def test_a_browser_that_has_the_answer_is_not_sent_it_again(client: Client) -> None:
    first = client.get(f"{RUN}/places")
    again = client.get(f"{RUN}/places", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(f"{RUN}/attractiveness", headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200
    assert first.headers["cache-control"] == "no-cache"


def test_answers_are_compressed_for_those_who_can_read_that(client: Client) -> None:
    assert client.get(f"{RUN}/attractiveness").headers["content-encoding"] == "gzip"
    plain = client.get(f"{RUN}/attractiveness", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("change", ["gone", "group", "forecast"])
def test_a_run_that_is_another_now_is_not_read(
    stored: tuple[Path, Path], tmp_path: Path, change: str
) -> None:
    """Zarr would give zeros or nothing for chunks that are not there any more."""
    copy = tmp_path / "run"
    shutil.copytree(stored[0], copy)
    client = Client(application(open_served([copy], None), hosts=[HOST]))
    assert client.get("/api/v1/runs/run/bands/theta").status_code == 200
    if change == "gone":
        copy.rename(tmp_path / "elsewhere")
    elif change == "group":
        shutil.rmtree(copy / "posterior")
    else:
        append_group(copy, "forecast", fake_forecast(fake_run("joint"), horizon=3), force=True)
    response = client.get("/api/v1/runs/run/bands/beta")
    assert response.status_code == 404
    assert "Start it again" in response.json()["error"]


def test_without_a_panel_there_is_no_map(stored: tuple[Path, Path]) -> None:
    app = application(open_served(stored, None), hosts=[HOST])
    client = Client(app)
    assert client.get("/api/v1/runs").json()["map"] is False
    for address in ("/api/v1/geometry", f"{RUN}/counts/jobs"):
        response = client.get(address)
        assert response.status_code == 404
        assert "--panel PANEL" in response.json()["error"]


def test_what_is_shown_first_is_computed_before_anybody_asks(
    stored: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attraktiv.server.application._chart_library", lambda: b"")
    app = application(open_served(stored, None), hosts=[HOST])

    async def start() -> None:
        async with app.router.lifespan_context(app):
            pass

    asyncio.run(start())
    monkeypatch.setattr("attraktiv.server.questions.ranking", None)
    as_the_page_asks = {"limit": 5000, "prob": 0.8}
    assert Client(app).get(f"{RUN}/attractiveness", params=as_the_page_asks).status_code == 200
