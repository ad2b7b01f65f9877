"""Scenario files: what they say, and where they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from attraktiv.errors import ForecastError
from attraktiv.forecasts.scenarios import Edit, Scenario, read_scenarios, refuse_impossible

CODES = ("0301", "3411", "5636")
YEARS = range(2020, 2030)
PLANT = """name = "A plant"
base = "high"

[[edit]]
variable = "jobs"
places = ["3411"]
from = 2021
until = 2023
add = 200

[[edit]]
variable = "fertility"
times = 0.9
"""


def read(*asked, jobs: bool = True, mix: bool = True, ages: bool = True) -> tuple[Scenario, ...]:
    found = read_scenarios(asked)
    refuse_impossible(found, CODES, YEARS, jobs=jobs, industry_mix=mix, ages=ages)
    return tuple(one.scenario for one in found)


def write(folder: Path, text: str) -> Path:
    path = folder / "plant.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_continued_is_always_first() -> None:
    assert [one.name for one in read("high", "low", "continued")] == ["continued", "high", "low"]
    assert read()[0].level is None


def test_percentiles_of_low_and_high() -> None:
    _, low, neutral, high = read("low", "neutral", "high")
    assert low.level == pytest.approx(-1.2816, abs=1e-4)
    assert high.level == pytest.approx(1.2816, abs=1e-4)
    assert neutral.level == 0.0


def test_a_file_says_what_it_changes(tmp_path: Path) -> None:
    _, plant = read(write(tmp_path, PLANT))
    assert (plant.name, plant.base, plant.level is not None) == ("A plant", "high", True)
    jobs, fertility = plant.edits
    assert jobs == Edit(variable="jobs", places=("3411",), first=2021, last=2023, add=200.0)
    assert [jobs.in_year(year) for year in (2020, 2021, 2023, 2024)] == [False, True, True, False]
    assert fertility.in_year(2020)


def test_a_file_without_a_name_has_that_of_the_file(tmp_path: Path) -> None:
    assert read(write(tmp_path, 'base = "low"\n'))[1].name == "plant"


@pytest.mark.parametrize(
    ("before", "after", "match"),
    [
        ('["3411"]', '["9999"]', r"plant.toml, line 6: the panel has no place '9999'.*0301, 3411"),
        ("from = 2021", "from = 2019", r"line 7: from = 2019 is not a year.*2020 to 2029"),
        ("until = 2023", "until = 2020", r"line 7: from = 2021 is after until = 2020"),
        ('"jobs"', '"houses"', r"line 5: edit.0.variable: Input should be 'jobs'"),
        ("add = 200", "times = 2.0", r"line 9: jobs takes add, not times"),
        ("times = 0.9", "add = 0.9", r"line 13: fertility takes times, not add"),
        ("times = 0.9", "times = 0.9\nadd = 1.0", r"line 12: give one of add and times"),
        ("times = 0.9", "times = -1.0", r"line 13: edit.1.times: .*greater than 0, found -1.0"),
        ('base = "high"', 'base = "rosy"', r"line 2: base: Input should be 'continued'"),
        ('base = "high"', 'colour = "red"', r"line 2: colour: Extra inputs are not permitted"),
        ("add = 200", "add = nan", r"line 9: edit.0.add"),
        ("add = 200", "add = ", r"is not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, before: str, after: str, match: str
) -> None:
    assert PLANT.count(before) == 1
    with pytest.raises(ForecastError, match=match):
        read(write(tmp_path, PLANT.replace(before, after)))


@pytest.mark.parametrize(
    ("kept", "match"),
    [
        ({"jobs": False}, "line 5: this forecast has no jobs to change"),
        ({"ages": False}, "line 12: this forecast has no fertility to change"),
    ],
)
def test_what_the_forecast_lacks_cannot_be_changed(
    tmp_path: Path, kept: dict[str, bool], match: str
) -> None:
    with pytest.raises(ForecastError, match=match):
        read(write(tmp_path, PLANT), **kept)


def test_two_scenarios_of_one_name_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, PLANT.replace('"A plant"', '"low"'))
    with pytest.raises(ForecastError, match="Two scenarios are called 'low'"):
        read("low", path)


def test_national_immigration_has_no_places(tmp_path: Path) -> None:
    edit = '[[edit]]\nvariable = "national_immigration"\nplaces = ["0301"]\nadd = 100\n'
    with pytest.raises(ForecastError, match="line 3: national_immigration is the nation's"):
        read(write(tmp_path, edit))
