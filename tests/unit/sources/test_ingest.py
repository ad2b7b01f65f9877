"""From an empty folder to a fitted model, against the stand-in."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.standin.country import DIVIDED, MERGED, PARTS, RENAMED, Published
from tests.standin.server import Standin
from tests.standin.tables import ALTERNATIVES, DETAILED_FROM
from tests.unit.sources.conftest import OTHER
from typer.testing import CliRunner, Result

import attraktiv
from attraktiv.cli.app import app
from attraktiv.errors import IngestError, PanelError, RecipeError, SourceWarning
from attraktiv.panels import content_hash, read_projection
from attraktiv.sources import client as client_module
from attraktiv.sources import countries, load_recipe

ROOT = Path(__file__).resolve().parents[3]
Bytes = Callable[[Path], dict[str, bytes]]


@pytest.fixture
def panel(ingested: Path) -> xr.Dataset:
    return attraktiv.read_panel(ingested)


def truth(published: Published, variable: str) -> xr.DataArray:
    return published.country.panel[variable]


@pytest.mark.parametrize(
    "variable", ["population", "births", "deaths", "natural_increase", "net_migration", "jobs"]
)
def test_the_figures_are_the_true_ones(
    variable: str, published: Published, panel: xr.Dataset
) -> None:
    """Of merged, renamed and untouched places exactly; of all places together too."""
    true = truth(published, variable)
    found = panel[variable]
    whole = [place for place in true["place"].values if place not in PARTS]
    xr.testing.assert_equal(
        found.sel(place=whole).reset_coords(drop=True),
        true.sel(place=whole).reset_coords(drop=True),
    )
    np.testing.assert_array_equal(found.sum("place"), true.sum("place"))


def test_both_halves_of_migration_sum_to_it(panel: xr.Dataset) -> None:
    both = panel["net_domestic_migration"] + panel["net_international_migration"]
    np.testing.assert_array_equal(both, panel["net_migration"])
    assert (panel["net_international_migration"].sum("year") > 0).all()


@pytest.mark.parametrize("by", ["sex", "age"])
def test_ages_are_conserved(by: str, published: Published, panel: xr.Dataset) -> None:
    dims = ["place", "age" if by == "sex" else "sex"]
    found = panel["population_by_age"].sum(dims)
    np.testing.assert_array_equal(found, truth(published, "population_by_age").sum(dims))


def test_a_divided_place_is_marked_and_its_parts_join_up(
    published: Published, panel: xr.Dataset
) -> None:
    parts = panel.sel(place=list(PARTS))
    assert parts["excluded"].all()
    assert int(panel["excluded"].sum()) == len(PARTS)
    true = truth(published, "population").sel(place=list(PARTS))
    np.testing.assert_array_equal(parts["population"].sum("place"), true.sum("place"))
    # in the years before, by the shares of the day on which it was divided
    error = np.abs(parts["population"] - true) / true.sum("place")
    assert float(error.max()) < 0.05
    # what does not add up on that day is nobody's move, and sums to nothing
    assert (panel["boundary_transfer"].sel(year=2009, place=list(PARTS)) != 0).all()
    np.testing.assert_array_equal(panel["boundary_transfer"].sum("place"), 0)


def test_the_report_names_merges_splits_and_what_is_hidden(ingested: Path) -> None:
    words = (ingested / "report.md").read_text(encoding="utf-8")
    assert "1 merged, 1 renamed, 2 split" in words
    assert f"a part of {DIVIDED}" in words
    assert "cells are missing (..)" in words
    borders = pd.read_csv(ingested / "borders.csv", dtype=str)
    assert set(borders["place"]) == {MERGED, RENAMED, *PARTS}


def test_every_file_is_traced_to_snapshots(ingested: Path) -> None:
    account = json.loads((ingested / "provenance.json").read_text(encoding="utf-8"))
    known = {item["sha256"]: item for item in account["snapshots"]}
    kept = ingested.with_name(f"{ingested.name}-snapshots")
    bodies = {hashlib.sha256(p.read_bytes()).hexdigest() for p in kept.rglob("*.body")}
    assert set(known) <= bodies
    for file, item in account["files"].items():
        content = (ingested / file).read_bytes()
        assert item["sha256"] == hashlib.sha256(content).hexdigest()
        assert item["snapshots"]
        assert set(item["snapshots"]) <= set(known)
    panel_of = {known[s]["url"].split("/")[-2] for s in account["files"]["panel.csv"]["snapshots"]}
    assert {"06913", "01222", "07984", "05940"} <= panel_of


def test_the_projection_is_in_today_s_places(ingested: Path, published: Published) -> None:
    found = pd.read_csv(ingested / "projections" / "official_2024.csv", dtype={"place": str})
    last = truth(published, "population").isel(year=-1).to_series()
    for _, year in found.groupby("year"):
        assert year.set_index("place")["population"].to_dict() == (last + 7).to_dict()
    assert set(found["origin"]) == {2024}


def test_each_alternative_of_a_projection_is_a_file(ingested: Path, published: Published) -> None:
    last = truth(published, "population").isel(year=-1).to_series()
    growth = {content: more for content, _, more in ALTERNATIVES}
    for alternative, content in (
        ("low_growth", "Personer1"),
        ("high_growth", "Personer2"),
        ("no_net_immigration", "Personer7"),
        ("no_migration", "Personer8"),
    ):
        file = ingested / "projections" / f"official_2024_{alternative}.csv"
        name, found, _ = read_projection(file)
        assert name == file.stem
        first = found[found["year"] == found["year"].min()].set_index("place")["population"]
        assert first.to_dict() == (last + growth[content]).to_dict()
    main = file.parent.glob("official_20??.csv")
    earlier = {int(read_projection(one)[1]["origin"].iloc[0]) for one in main}
    assert earlier == {2018, 2020, 2022, 2024}


def test_jobs_of_two_tables_are_one_series_with_a_break(
    ingested: Path, published: Published, panel: xr.Dataset
) -> None:
    true = truth(published, "jobs_by_industry").sum("industry", skipna=False)
    whole = [place for place in true["place"].values if place not in PARTS]
    found = panel["jobs_by_industry"].sum("industry", skipna=False)
    np.testing.assert_array_equal(found.sel(place=whole), true.sel(place=whole))
    assert {"variable": "jobs_by_industry", "year": DETAILED_FROM} in json.loads(
        panel.attrs["breaks"]
    )
    growth = attraktiv.covariate(panel, "industry_mix")
    known = growth["year"].values[growth.notnull().any("place").values]
    assert DETAILED_FROM not in known
    assert {DETAILED_FROM - 1, DETAILED_FROM + 1} <= set(known)
    assert "Years that 13470 has are taken from there" in (ingested / "report.md").read_text(
        encoding="utf-8"
    )


def test_without_the_detailed_jobs_the_older_table_gives_all(
    standin: Standin, tmp_path: Path
) -> None:
    standin.tables = {k: v for k, v in standin.tables.items() if k != "13470"}
    with pytest.warns(SourceWarning, match="Table 13470"):
        found = attraktiv.ingest("ssb", tmp_path / "out", transport=standin.transport())
    known = found["jobs_by_industry"].notnull().any(["place", "industry"])
    assert known.isel(year=slice(None, -1)).all()  # the last year holds population alone
    assert DETAILED_FROM not in {b["year"] for b in json.loads(found.attrs["breaks"])}


def test_moves_between_codes_of_one_place_stand_at_the_place(ingested: Path) -> None:
    moves = pd.read_csv(ingested / "moves.csv.gz", dtype={"from_place": str, "to_place": str})
    pairs = set(zip(moves["from_place"], moves["to_place"], strict=True))
    assert (MERGED, MERGED) in pairs
    assert not {DIVIDED, "0121", "0131"} & {code for pair in pairs for code in pair}


def test_centrality_is_told_by_its_class(ingested: Path, panel: xr.Dataset) -> None:
    values = load_recipe("ssb").stand_in["centrality"].values
    classes = panel["centrality_class"].values
    assert len(set(classes)) > 1
    np.testing.assert_array_equal(panel["centrality"], [values[f"{c:g}"] for c in classes])
    assert "centrality is told by centrality_class alone" in (ingested / "report.md").read_text(
        encoding="utf-8"
    )


def test_moves_are_beside_the_panel(ingested: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(ingested, bare)
    (bare / "moves.csv.gz").unlink()
    assert content_hash(attraktiv.read_panel(bare)) == content_hash(attraktiv.read_panel(ingested))


def test_the_default_model_is_fitted_to_it(ingested: Path, tmp_path: Path) -> None:
    run = attraktiv.fit(
        "hierarchical_dynamic", ingested, out=tmp_path / "run", draws=20, tune=50, chains=2
    )
    ranked = attraktiv.attractiveness(run)["lasting"].mean(("chain", "draw"))
    assert np.isfinite(ranked.sel(place=["0101", MERGED, RENAMED])).all()


def test_a_second_run_asks_nothing_and_gives_the_same_bytes(
    ingested: Path, standin: Standin, tmp_path: Path, bytes_of: Bytes
) -> None:
    kept = ingested.with_name(f"{ingested.name}-snapshots")
    again = tmp_path / "again"
    attraktiv.ingest("ssb", again, snapshots=kept, transport=standin.transport())
    assert standin.requests == []
    assert bytes_of(again) == bytes_of(ingested)


CHILD = """
import sys
from tests.standin.server import Detour
import attraktiv
attraktiv.ingest("ssb", sys.argv[1], transport=Detour(int(sys.argv[2])))
"""


def test_killed_again_and_again_it_finishes_with_the_same_bytes(
    ingested: Path, standin: Standin, tmp_path: Path, bytes_of: Bytes
) -> None:
    out = tmp_path / "norway"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    total = len(list(ingested.with_name(f"{ingested.name}-snapshots").rglob("*.json")))
    killed = 0
    for share in (0.1, 0.4, 0.7, 0.95, 2.0):  # of all questions; the last is not killed
        command = [sys.executable, "-c", textwrap.dedent(CHILD), str(out), str(standin.port)]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as child:
            while child.poll() is None and len(standin.requests) < share * total:
                time.sleep(0.002)
            if child.poll() is None and share < 1:
                child.send_signal(signal.SIGKILL)
                killed += 1
                assert not out.exists()
    assert killed >= 3
    assert child.returncode == 0
    assert bytes_of(out) == bytes_of(ingested)
    # only what was under way when it was killed is asked for again
    assert len(standin.requests) <= total + killed
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


class Interrupting(httpx.BaseTransport):
    """Stops the process at its n-th question, as Ctrl-C does."""

    def __init__(self, inner: httpx.BaseTransport, after: int) -> None:
        self.inner, self.left = inner, after

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()


def test_stopped_at_every_question_it_goes_on(
    standin: Standin, tmp_path: Path, bytes_of: Bytes
) -> None:
    attraktiv.ingest(OTHER, tmp_path / "whole", transport=standin.transport())
    total = len(standin.requests)
    out = tmp_path / "stopped"
    for _ in range(total - 1):
        with pytest.raises(KeyboardInterrupt):
            attraktiv.ingest(OTHER, out, transport=Interrupting(standin.transport(), 1))
        assert not out.exists()
    attraktiv.ingest(OTHER, out, transport=Interrupting(standin.transport(), 1))
    assert bytes_of(out) == bytes_of(tmp_path / "whole")
    assert len(standin.requests) == 2 * total


@pytest.mark.parametrize("step", ["write_tables", "settings_of", "provenance", "report"])
def test_stopped_while_writing_it_leaves_nothing(
    step: str,
    ingested: Path,
    standin: Standin,
    tmp_path: Path,
    bytes_of: Bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = ingested.with_name(f"{ingested.name}-snapshots")

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(countries, step, stop)
        with pytest.raises(KeyboardInterrupt):
            attraktiv.ingest("ssb", tmp_path / "out", snapshots=kept)
    assert list(tmp_path.iterdir()) == []


def test_an_unquiet_service_gives_the_same_bytes(
    ingested: Path,
    standin: Standin,
    tmp_path: Path,
    bytes_of: Bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "FIRST_PAUSE_S", 0.001)
    standin.faults.extend(["cut", "503", "broken", "", "html", "500", "slow", "cut", "", "502"] * 3)
    attraktiv.ingest("ssb", tmp_path / "out", transport=standin.transport())
    assert not standin.faults
    assert bytes_of(tmp_path / "out") == bytes_of(ingested)


def test_what_can_be_done_without_is_said_to_be_absent(standin: Standin, tmp_path: Path) -> None:
    standin.tables = {k: v for k, v in standin.tables.items() if k != "05940"}
    with pytest.warns(SourceWarning, match=r"Table 05940.*no such table.*made without it"):
        found = attraktiv.ingest("ssb", tmp_path / "out", transport=standin.transport())
    assert "dwellings_completed" not in found
    assert "05940 → panel: not there." in (tmp_path / "out" / "report.md").read_text(
        encoding="utf-8"
    )


def test_the_population_cannot_be_done_without(standin: Standin, tmp_path: Path) -> None:
    standin.tables = {k: v for k, v in standin.tables.items() if k != "06913"}
    with pytest.raises(IngestError, match="Table 06913"):
        attraktiv.ingest("ssb", tmp_path / "out", transport=standin.transport())
    assert not (tmp_path / "out").exists()


def without(standin: Standin, path: str, key: str, code: str) -> bytes:
    """Give an answer of the classifications without what names a code."""
    content = standin.answer("GET", path, b"")
    return json.dumps({key: [i for i in content[key] if code not in i.values()]}).encode()


@pytest.mark.parametrize(
    ("path", "key", "code", "message"),
    [
        ("codes", "codes", "0101", r"Table 06913: Left out, for no municipality.*0101"),
        ("changes", "codeChanges", PARTS[0], r"No change says what 0105 \(2010-01-01\) was before"),
        ("corresponds.json", "correspondenceItems", "0102", r"county is not known of 0102"),
    ],
)
def test_a_gap_in_the_classifications_is_told(
    path: str,
    key: str,
    code: str,
    message: str,
    ingested: Path,
    standin: Standin,
    tmp_path: Path,
) -> None:
    account = json.loads((ingested / "provenance.json").read_text(encoding="utf-8"))
    for snapshot in account["snapshots"]:
        if snapshot["url"].endswith(f"/131/{path}"):
            order = sorted(snapshot["query"], key=lambda k: (k != "targetClassificationId", k))
            query = {k: snapshot["query"][k] for k in order if k != "method"}
            url = httpx.URL(snapshot["url"], params=query).raw_path.decode()
            standin.changed[url] = without(standin, url, key, code)
    assert standin.changed
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        attraktiv.ingest("ssb", tmp_path / "out", transport=standin.transport())
    assert any(re.search(message, str(one.message)) for one in told)
    words = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert re.search(message.removeprefix("Table 06913: "), words)


def test_another_country_needs_a_recipe_alone(standin: Standin, tmp_path: Path) -> None:
    found = attraktiv.ingest(OTHER, tmp_path / "out", transport=standin.transport())
    assert found.sizes == {"place": 12, "year": 4}
    assert "excluded" in found
    assert not found["excluded"].any()
    assert "Codes are places" in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")


def test_years_and_borders_can_be_chosen(standin: Standin, tmp_path: Path) -> None:
    with pytest.warns(SourceWarning, match="03321 has no figure for the years|13864 has no"):
        found = attraktiv.ingest(
            "ssb",
            tmp_path / "out",
            first_year=2008,
            last_year=2010,
            borders=2011,
            transport=standin.transport(),
        )
    assert found["year"].values.tolist() == [2008, 2009, 2010]
    assert "in 2011 borders" in found.attrs["title"]


def test_nothing_is_overwritten_without_force(
    ingested: Path, standin: Standin, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(PanelError, match="already exists"):
        attraktiv.ingest(OTHER, tmp_path / "mine", transport=standin.transport())
    with pytest.raises(PanelError, match="is not an ingested folder"):
        attraktiv.ingest(OTHER, tmp_path / "mine", force=True, transport=standin.transport())
    attraktiv.ingest(OTHER, tmp_path / "out", transport=standin.transport())
    attraktiv.ingest(OTHER, tmp_path / "out", force=True, transport=standin.transport())
    assert standin.requests


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sbb", r"no source 'sbb'. Did you mean ssb\? Known sources: ssb"),
        ("none/at/all.toml", "cannot be read"),
    ],
)
def test_a_source_that_is_not_known(source: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=message):
        attraktiv.ingest(source, tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('id = "06913"', 'id = "06913"\ntypo = 1'), "line 11, table: unknown key 'typo'"),
        (('"Folkemengde"', '"("'), "not a regular expression"),
        (('population = "Folkemengde"', 'folk = "Folkemengde"'), "no table fills the column pop"),
        (("https://statistics.example/", "ftp://"), "service"),
        (
            ('into = "panel"', 'into = "pannel"'),
            "line 11, table: input should be 'panel'.*found 'pannel'",
        ),
        (('"Netto.*"', '"Ingenting"'), "'Ingenting' of the recipe matches no content"),
        (('"Netto.*"', '".*"'), "must match one"),
        (("first_year = 2010", "first_year = 2190"), "none of its codes is one that year may"),
        (('"[0-9]{4}"', '"[0-9]{5}"'), "none of its codes is one that place may"),
    ],
)
def test_a_recipe_that_is_wrong_is_explained(
    change: tuple[str, str], message: str, standin: Standin, tmp_path: Path
) -> None:
    text = OTHER.read_text(encoding="utf-8")
    assert change[0] in text
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text.replace(change[0], change[1], 1), encoding="utf-8")
    with pytest.raises(RecipeError, match=message):
        attraktiv.ingest(wrong, tmp_path / "out", transport=standin.transport())
    assert not (tmp_path / "out").exists()


def test_the_command(standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Detoured(httpx.Client):
        def __init__(self, **options: Any) -> None:
            super().__init__(**{**options, "transport": standin.transport()})

    monkeypatch.setattr(httpx, "Client", Detoured)
    out = tmp_path / "out"

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    result = call("ingest", OTHER, out)
    assert result.exit_code == 0, result.output
    assert "12 places, 2010–2013" in result.stdout
    assert call("panel", out).exit_code == 0
    again = call("ingest", OTHER, out)
    assert again.exit_code == 2
    assert "already exists" in " ".join(again.stderr.split())
    assert call("ingest", "sbb", tmp_path / "x").exit_code == 2


def test_no_warning_where_nothing_is_wrong(standin: Standin, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        attraktiv.ingest(OTHER, tmp_path / "out", transport=standin.transport())
