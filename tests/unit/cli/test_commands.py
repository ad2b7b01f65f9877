"""The command line: what is written where, in which form, with which exit status."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import xarray as xr
from tests.unit.cli.conftest import WIDTH, Call
from tests.unit.runs import fake_run

from attraktiv import engines
from attraktiv.errors import FitError, PanelWarning
from attraktiv.panels import read_truth
from attraktiv.store import open_run, write_run

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = (
    *("demo", "simulate", "ingest", "panel", "models", "fit", "check", "hindcast", "compare"),
    *("screen", "attractiveness", "decompose", "query"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(fake_run(places=50), tmp_path_factory.mktemp("runs") / "no")


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that explains growth of jobs too."""
    return write_run(fake_run("joint", places=50), tmp_path_factory.mktemp("runs") / "joint")


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """An engine that remembers how it was called, and writes a run."""
    calls: list[dict] = []

    def fit(model: str, panel: Path, *, out: Path, **options: object) -> xr.DataTree:
        calls.append({"model": model, "panel": panel, **options})
        tree = fake_run()
        write_run(tree, out, force=bool(options["force"]))
        return tree

    def check(tree: xr.DataTree) -> SimpleNamespace:
        return SimpleNamespace(passed=True, lines=["Passed: " + tree.attrs["model"]])

    monkeypatch.setattr(engines, "fit", fit, raising=False)
    monkeypatch.setattr(engines, "check", check, raising=False)
    return calls


def fits(text: str) -> bool:
    return all(len(line) <= WIDTH for line in text.splitlines())


def started(*arguments: str) -> subprocess.Popen[bytes]:
    code = "from attraktiv.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": str(WIDTH)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )


def test_help_lists_the_commands(call: Call) -> None:
    result = call("--help")
    assert result.exit_code == 0
    assert fits(result.stdout)
    for command in COMMANDS:
        assert f" {command} " in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_eighty_columns(call: Call, command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert fits(result.stdout)


def test_the_version(call: Call) -> None:
    assert call("--version").stdout.startswith("attraktiv 0.")


def test_an_unknown_option_is_a_wrong_call(call: Call) -> None:
    result = call("query", "run", "tau", "--bogus")
    assert result.exit_code == 2
    assert "No such option: --bogus" in result.stderr


# attractiveness -------------------------------------------------------------------------


def test_the_league_table_fits_and_shows_both_ends(call: Call, run: Path) -> None:
    result = call("attractiveness", run, "--versus", "Oslo", "--top", 5)
    assert result.exit_code == 0
    assert fits(result.stdout)
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "Residential attractiveness 2006–2011, percent of population per year"
    assert lines[1] == "hierarchical_dynamic, 80 % equal-tailed bands, 100 draws"
    header = lines[3]
    for name in ("Place", "Code", "Mean", "Lower", "Upper", "Ranks", "Top 5", "> 0", "> 00101"):
        assert name in header
    assert lines[15] == "…"
    means = [float(line.split()[-8]) for line in lines[5:15] + lines[16:26]]
    assert means == sorted(means, reverse=True)
    assert "30 rows between are not shown; --limit 50 shows all." in " ".join(lines)


def test_numbers_are_aligned(call: Call, run: Path) -> None:
    lines = call("attractiveness", run, "--limit", 50).stdout.splitlines()[3:55]
    (end,) = {lines[0].index("Mean") + len("Mean")}
    for line in lines[2:]:
        float(line[:end].split()[-1])
        assert line[end : end + 2] == "  "


def test_places_from_the_prior_are_marked(call: Call, run: Path) -> None:
    text = call("attractiveness", run, "--place", "Øygarden", "--place", "Ås").stdout
    assert "Øygarden*" in text
    assert "* left out of the fit: from the prior." in " ".join(text.split())
    assert "Ås*" not in text


def test_csv_json_and_parquet_hold_the_same(call: Call, run: Path, tmp_path: Path) -> None:
    text = call("attractiveness", run, "--format", "csv").stdout
    csv = pd.read_csv(io.StringIO(text), dtype={"place": str})
    assert len(csv) == 50
    assert csv["place"].str.len().eq(5).all()
    records = json.loads(call("attractiveness", run, "--format", "json").stdout)
    assert [record["name"] for record in records] == csv["name"].tolist()
    assert records[0]["mean"] == pytest.approx(csv["mean"].iloc[0])
    out = tmp_path / "table.parquet"
    assert call("attractiveness", run, "--out", out).stdout == ""
    parquet = pd.read_parquet(out)
    assert list(parquet.columns) == list(csv.columns)


def test_a_limit_holds_in_every_format(call: Call, run: Path) -> None:
    records = json.loads(call("attractiveness", run, "--format", "json", "--limit", 3).stdout)
    whole = json.loads(call("attractiveness", run, "--format", "json").stdout)
    assert records == [whole[0], whole[1], whole[-1]]


def test_parquet_needs_a_file(call: Call, run: Path) -> None:
    result = call("attractiveness", run, "--format", "parquet")
    assert result.exit_code == 2
    assert "name a file: --format parquet --out FILE.parquet" in " ".join(result.stderr.split())


def test_a_file_that_cannot_be_written(call: Call, run: Path, tmp_path: Path) -> None:
    result = call("query", run, "tau", "--out", tmp_path / "none" / "x.csv")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_groups_persons_and_other_bands(call: Call, run: Path) -> None:
    options = ("--group", "county_name", "--unit", "persons", "--prob", 0.95, "--interval", "hdi")
    text = call("attractiveness", run, *options).stdout
    assert fits(text)
    assert "persons per year" in text
    assert "95 % highest-density bands" in text
    assert "Group" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--place", "Osslo"), "Near matches: Oslo (00101)"),
        (("--place", "våler"), "belongs to 2 places"),
        (("--from", "1990"), "no year 1990"),
        (("--from", "2010", "--until", "2007"), "is empty"),
        (("--prob", "80"), "between 0 and 1"),
        (("--group", "fylke"), "county_name"),
        (("--top", "0"), "The top 0 is empty"),
        (("--versus", "Nowhere"), "no place 'Nowhere'"),
    ],
)
def test_wrong_calls_are_one_paragraph_and_status_two(
    call: Call, run: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = call("attractiveness", run, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert fits(result.stderr)
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_attractiveness_of_jobs_and_in_total(call: Call, jobs: Path) -> None:
    text = call("attractiveness", jobs, "--kind", "business", "--unit", "jobs").stdout
    assert fits(text)
    assert text.startswith("Business attractiveness 2006–2011, jobs per year")
    csv = call("attractiveness", jobs, "--kind", "business", "--format", "csv").stdout
    assert ",jobs,from_prior" in csv.splitlines()[0]
    text = call("attractiveness", jobs, "--kind", "total").stdout
    assert fits(text)
    lines = text.splitlines()
    assert lines[0] == "Total attractiveness 2006–2011, percent of population per year"
    assert lines[3].split()[5:8] == ["Resid.", "By", "jobs"]
    for line in lines[5:15]:
        mean, _, _, residential, by_jobs = map(float, line.split()[-8:-3])
        assert mean == pytest.approx(residential + by_jobs, abs=0.016)
    assert fits(call("attractiveness", jobs, "--kind", "total", "--versus", "Oslo").stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--kind", "visit"), "has residential and business: --kind residential"),
        (("--unit", "jobs"), "relative to population: --unit persons"),
        (("--kind", "business", "--unit", "persons"), "relative to jobs: --unit jobs"),
    ],
)
def test_kinds_and_units_that_do_not_go_together(
    call: Call, jobs: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = call("attractiveness", jobs, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in " ".join(result.stderr.split())


# decompose ------------------------------------------------------------------------------


def test_growth_of_a_place_term_by_term(call: Call, run: Path) -> None:
    result = call("decompose", run, "--place", "Ærfugl", "--place", "Ås", "--until", 2007)
    assert (result.exit_code, result.stderr) == (0, "")
    assert fits(result.stdout)
    lines = result.stdout.splitlines()
    assert lines[0] == "Growth of population, 2006–2007, percent of population per year"
    assert lines[1] == "hierarchical_dynamic, 80 % equal-tailed bands, 100 draws"
    assert lines[3] == "Ærfugl (00103)"
    table = {line[:24].strip(): line.split()[-3:] for line in lines[6:17]}
    terms = [float(table[name][0]) for name in _TERMS]
    assert sum(terms) == pytest.approx(float(table["growth"][0]), abs=0.005 * (len(terms) + 1))
    assert table["growth"][1:] == ["–", "–"]
    assert float(table["noise"][1]) < float(table["noise"][0]) < float(table["noise"][2])
    assert "Ås (00102): 1 of 2 years" in lines
    assert "observed, not estimated" in result.stdout


_TERMS = (
    *("natural increase", "national level", "structure", "attractiveness"),
    *("noise", "border transfers", "rounding"),
)


def test_growth_of_many_places_side_by_side(call: Call, run: Path) -> None:
    result = call("decompose", run)
    assert fits(result.stdout)
    lines = result.stdout.splitlines()
    assert lines[3].split() == [
        *("Place", "Growth", "Natural", "National", "Structure", "Attract.", "Noise", "Rest")
    ]
    rows = [line.split()[-7:] for line in [*lines[5:15], *lines[16:26]]]
    for growth, *terms in rows:
        assert sum(map(float, terms)) == pytest.approx(float(growth), abs=0.036)
    assert lines[15] == "…"
    assert "30 rows between are not shown." in " ".join(result.stdout.split())


def test_growth_of_groups_as_data_and_as_a_chart(call: Call, run: Path, tmp_path: Path) -> None:
    chart, out = tmp_path / "chart.json", tmp_path / "table.csv"
    options = ("--group", "county_name", "--unit", "persons", "--out", out, "--chart", chart)
    assert call("decompose", run, *options).stdout == ""
    csv = pd.read_csv(out)
    assert csv["unit"].unique().tolist() == ["persons per year"]
    terms = csv.loc[csv["is_term"]].groupby("group")["mean"].sum()
    total = csv.loc[csv["component"] == "observed_growth"].set_index("group")["mean"]
    pd.testing.assert_series_equal(terms, total, check_names=False, check_like=True)
    assert "Øst" in json.dumps(json.loads(chart.read_text("utf-8")), ensure_ascii=False)
    again = call("decompose", run, *options)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert call("decompose", run, *options, "--force").exit_code == 0
    text = call("decompose", run, *options[:4]).stdout
    assert text.startswith("Growth of population by county_name, 2006–2011, persons per year")


def test_growth_by_least_squares_says_where_the_noise_is(call: Call, tmp_path: Path) -> None:
    stored = write_run(fake_run("least-squares"), tmp_path / "run")
    text = call("decompose", stored, "--place", "Oslo", "--from", 2008, "--until", 2008).stdout
    assert text.startswith("Growth of population, 2008, percent")
    assert "the residual: it has the noise of the years in it" in " ".join(text.split())
    assert "\nnoise" not in text


def test_growth_of_jobs_and_what_they_bring(call: Call, jobs: Path) -> None:
    text = call("decompose", jobs, "--of", "jobs", "--place", "Oslo").stdout
    assert fits(text)
    assert text.startswith("Growth of jobs, 2006–2011, percent of jobs per year")
    for term in ("  industry_mix", "  lag(population_growth, 1)", "attractiveness", "noise"):
        assert f"\n{term} " in text
    assert "whose growth is the national level" in " ".join(text.split())
    text = call("decompose", jobs, "--of", "jobs", "--kind", "business").stdout
    assert fits(text)
    assert text.splitlines()[3].split()[-5:] == [
        *("Growth", "National", "Structure", "Attract.", "Noise")
    ]
    text = call("decompose", jobs, "--place", "Oslo").stdout
    for term in ("  own_jobs_structure", "attractiveness through jobs", "noise through jobs"):
        assert f"\n{term} " in text
    text = call("decompose", jobs).stdout
    assert fits(text)
    assert "Jobs: attractiveness through jobs." in " ".join(text.split())
    lines = text.splitlines()
    for line in [*lines[5:15], *lines[16:26]]:
        growth, *terms = line.split()[-8:]
        assert sum(map(float, terms)) == pytest.approx(float(growth), abs=0.041)


def test_growth_of_a_run_of_an_earlier_version(call: Call, tmp_path: Path) -> None:
    tree = fake_run()
    constant = tree["constant_data"].to_dataset().drop_vars("next_population")
    tree["constant_data"] = xr.DataTree(constant)
    result = call("decompose", write_run(tree, tmp_path / "run"))
    assert result.exit_code == 2
    assert "Fit it again: attraktiv fit hierarchical_dynamic" in " ".join(result.stderr.split())


# query ----------------------------------------------------------------------------------


def test_a_question(call: Call, run: Path) -> None:
    arguments = ("net_migration_rate", "--place", "øygarden", "--year", 2008, "--prob", 0.9)
    text = call("query", run, *arguments).stdout
    assert fits(text)
    lines = text.splitlines()
    assert lines[0] == "net_migration_rate, percent of population per year"
    assert lines[1] == "90 % equal-tailed bands"
    assert "without the year's noise" in lines[2]
    header = ["place", "name", "year", "observed", "mean", "median", "lower", "upper"]
    assert lines[4].split() == header
    assert lines[6].split()[:3] == ["00104", "Øygarden", "2008"]


@pytest.mark.parametrize("variable", ["tau", "beta", "u", "fitted", "county_name", "r_hat"])
def test_every_kind_of_variable_is_shown(call: Call, run: Path, variable: str) -> None:
    text = call("query", run, variable).stdout
    assert text.splitlines()[0].startswith(variable)
    assert fits(text)


def test_a_question_as_data(call: Call, run: Path) -> None:
    asked = ("query", run, "u", "--place", "00102", "--year", 2006, "--year", 2007)
    csv = pd.read_csv(io.StringIO(call(*asked, "--format", "csv").stdout), dtype={"place": str})
    assert csv["year"].tolist() == [2006, 2007]
    (first, _) = json.loads(call(*asked, "--format", "json").stdout)
    assert first["name"] == "Ås"
    assert first["observed"] is None


def test_an_unknown_variable(call: Call, run: Path) -> None:
    result = call("query", run, "tetha")
    assert result.exit_code == 2
    assert "theta?" in " ".join(result.stderr.split())


def test_a_run_that_is_none(call: Call, tmp_path: Path) -> None:
    for command in (("query", tmp_path / "x", "tau"), ("attractiveness", tmp_path / "x")):
        result = call(*command)
        assert result.exit_code == 2
        assert result.stderr.startswith("Error: There is no run at")


# fit, check, models ---------------------------------------------------------------------


def test_fit_passes_everything_on(call: Call, fitted: list[dict], tmp_path: Path) -> None:
    options = ("--engine", "nuts", "--from", 2006, "--until", 2016, "--without", "a")
    more = ("--without", "b", "--exclude", "column", "--missing", "drop", "--groups", "part")
    size = ("--sector", "private", "--seed", 3, "--chains", 2, "--draws", 50)
    out = ("--out", tmp_path / "run")
    result = call("fit", "hierarchical_dynamic", "panel", *out, *options, *more, *size)
    assert result.exit_code == 0, result.stderr
    assert fitted == [
        {
            "model": "hierarchical_dynamic",
            "panel": Path("panel"),
            "engine": "nuts",
            "first": 2006,
            "last": 2016,
            "without": ("a", "b"),
            "exclude": "column",
            "missing": "drop",
            "groups": "part",
            "sector": "private",
            "seed": 3,
            "chains": 2,
            "draws": 50,
            "tune": None,
            "force": False,
        }
    ]
    assert "Passed: hierarchical_dynamic" in result.stdout
    assert f"attraktiv attractiveness {tmp_path / 'run'}" in result.stdout
    assert open_run(tmp_path / "run").attrs["seed"] == 11


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (FitError("It did not converge."), 1, "Error: It did not converge.\n"),
        (KeyboardInterrupt(), 130, "Stopped; nothing was written.\n"),
    ],
)
def test_fits_that_do_not_end_well(
    call: Call,
    fitted: list[dict],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    raised: BaseException,
    status: int,
    said: str,
) -> None:
    def fit(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(engines, "fit", fit, raising=False)
    result = call("fit", "m", "p", "--out", tmp_path / "run")
    assert (result.exit_code, result.stderr, result.stdout) == (status, said, "")
    assert list(tmp_path.iterdir()) == []


def test_warnings_are_paragraphs_on_standard_error(
    call: Call, fitted: list[dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet: Callable[..., object] = engines.fit

    def fit(*arguments: object, **options: object) -> object:
        warnings.warn("The place 0301 begins later. " * 5, PanelWarning, stacklevel=2)
        return quiet(*arguments, **options)

    monkeypatch.setattr(engines, "fit", fit)
    result = call("fit", "m", "p", "--out", tmp_path / "run")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: The place 0301 begins later.")
    assert ".py" not in result.stderr
    assert fits(result.stderr)


@pytest.mark.parametrize(("passed", "status"), [(True, 0), (None, 0), (False, 1)])
def test_check_says_and_leaves(
    call: Call, run: Path, monkeypatch: pytest.MonkeyPatch, passed: bool | None, status: int
) -> None:
    verdict = SimpleNamespace(passed=passed, lines=["Verdict", "tau: R-hat 1.2"])
    monkeypatch.setattr(engines, "check", lambda tree: verdict, raising=False)
    result = call("check", run)
    assert result.exit_code == status
    assert result.stdout.startswith("Verdict\ntau: R-hat 1.2\n\nLeast-squares slopes")


def test_check_shows_slopes_within_and_between(
    call: Call, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = SimpleNamespace(passed=True, lines=["Verdict"])
    monkeypatch.setattr(engines, "check", lambda tree: verdict, raising=False)
    result = call("check", run)
    assert fits(result.stdout)
    lines = result.stdout.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("Factor"))
    assert lines[head].split() == ["Factor", "Pooled", "Within", "Between", "Difference"]
    assert [line.split("  ")[0] for line in lines[head + 2 : head + 5]] == [
        "own_job_growth",
        "lag(own_job_growth, 1)",
        "log(population)",
    ]
    assert "more than two standard errors" in " ".join(lines)


def test_models(call: Call) -> None:
    text = call("models").stdout
    assert fits(text)
    assert "hierarchical_dynamic*" in text
    found = json.loads(call("models", "--format", "json").stdout)
    fields = {"id", "title", "year", "status", "source", "default", "needs", "jobs"}
    assert fields == set(found[0])
    of = {model["id"]: model for model in found}
    needs = ["population", "net_migration", "jobs", "centrality", "share_20_39"]
    assert of["book_2023"]["needs"] == needs
    assert of["pyramid_2010"]["jobs"] == [
        "business: basis_job_growth",
        "visit: visit_job_growth",
    ]
    assert "\n  needs: " + "; ".join(needs) in text
    assert "\n  jobs: visit: visit_job_growth\n" in text
    assert [model["id"] for model in found if model["default"]] == ["hierarchical_dynamic"]


# simulate, panel ------------------------------------------------------------------------


def test_a_country_is_simulated_checked_and_built(call: Call, tmp_path: Path) -> None:
    folder, built = tmp_path / "country", tmp_path / "panel.zarr"
    result = call("simulate", folder, "--places", 12, "--years", 6, "--seed", 2)
    assert result.exit_code == 0, result.stderr
    assert f"attraktiv panel {folder}" in result.stdout
    assert call("simulate", folder).exit_code == 2
    result = call("panel", folder, "--out", built)
    assert result.exit_code == 0, result.stderr
    assert "12 places" in result.stdout
    assert fits("\n".join(result.stdout.splitlines()[:-1]))
    assert built.is_dir()
    result = call("panel", folder, "--out", built)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert call("panel", built).exit_code == 0


def test_a_country_is_simulated_with_feedback(call: Call, tmp_path: Path) -> None:
    result = call("simulate", tmp_path / "land", "--places", 6, "--years", 3, "--feedback")
    assert result.exit_code == 0, result.stderr
    assert "theta_business" in read_truth(tmp_path / "land")


def test_a_panel_says_how_much_its_industry_mix_covers(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "country"
    call("simulate", folder, "--places", 6, "--years", 3)
    assert "8 industries; their mix covers 100% of jobs.\n" in call("panel", folder).stdout
    file = folder / "jobs_by_industry.csv"
    jobs = pd.read_csv(file, dtype={"place": str})
    place, first = jobs["place"].iloc[0], jobs["year"].min()
    jobs = jobs[(jobs["place"] != place) | (jobs["industry"] == "construction")]
    jobs.to_csv(file, index=False)
    text = " ".join(call("panel", folder).stdout.split())
    assert re.search(r"mix covers \d\d( to \d\d)?% of jobs\. Places that lack it in some", text)
    assert "would cover less than 80% of their jobs: 1." in text
    jobs[jobs["year"] == first].to_csv(file, index=False)
    text = " ".join(call("panel", folder).stdout.split())
    assert "8 industries; none is known in two years running, so that there is no" in text


def test_a_wrong_panel_is_one_paragraph(call: Call, tmp_path: Path) -> None:
    result = call("panel", tmp_path / "nowhere")
    assert result.exit_code == 2
    # a long path stands on a line of its own
    assert " ".join(result.stderr.split()).startswith(f"Error: {tmp_path / 'nowhere'} does not")


# the process ----------------------------------------------------------------------------


def test_a_reader_that_goes_away_is_no_error(run: Path) -> None:
    with started("query", str(run), "u", "--format", "csv") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
