"""What does job growth do to migration, where jobs follow people? ``make feedback-table``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from linearmodels.iv import IV2SLS
from linearmodels.iv.results import IVResults
from tests.recovery.feedback_joint import HEADING, KEPT, kept, measure_joint, section

import attraktiv
from attraktiv import names
from attraktiv.panels import Feedback, SimulatedCountry
from attraktiv.panels.simulation import JOBS_TERMS, TERMS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "feedback.md"
OWN = TERMS[:3]
MIX = (names.INDUSTRY_MIX, *(f"lag({names.INDUSTRY_MIX}, {lag})" for lag in (1, 2)))
LEAST_SQUARES, TWO_STAGES, FIRST_STAGE = "least squares", "two stages", "F"
_NONE = Feedback(
    correlation_lasting=0.0, correlation_path=0.0, correlation_noise=0.0, mix_spread=6.0
)
_NOISE = replace(_NONE, correlation_noise=0.5)
_ALL = replace(_NOISE, correlation_lasting=0.5, correlation_path=0.5)
COUNTRIES = {
    "jobs do not follow people": replace(
        _NONE, beta=dict(zip(JOBS_TERMS, (1.0, 0.0), strict=True))
    ),
    "jobs follow people": _NONE,
    "and the noise is correlated 0.5": _NOISE,
    "and all is correlated 0.5": _ALL,
    "the same, with half the industry mix": replace(_ALL, mix_spread=3.0),
    "the same, with hardly any": replace(_ALL, mix_spread=0.5),
}
INTRODUCTION = """# Jobs follow people, too

Where job growth follows migration, or where both have a common cause, job growth is correlated with
what the equation of migration leaves out, and least squares takes some of that for its effect. The
industry mix moves the jobs of a place and not its migration, so that it can stand in for an
experiment: two-stage least squares, with the mix of the year and of the two years before as the
instruments of job growth in these years.

The effect of own job growth in the same year, whose true value is {truth} percentage points per
percent of population, over {countries} simulated countries of {places} places and {years} years in
each row. *Mean* and *median* are of the estimates; ± is the standard error of the mean over
countries. *Held* is the share of 95% intervals, clustered by place, that hold the truth. *F* is the
median over countries of the first stage's F statistic of job growth of the same year, clustered
likewise.
"""
READING = """
Two stages need a strong first stage. With a weak one the estimates spread widely and have no mean
worth the name, so that the median is the one to read; below an F of about ten neither estimate nor
interval is to be trusted (Staiger and Stock 1997, *Econometrica* 65, 557–586).

`make feedback-table` writes this page.
"""


def table_of(country: SimulatedCountry) -> pd.DataFrame:
    """Outcome, factors and instruments of all cells that have every lag, less their year's mean."""
    panel = country.panel
    columns = {names.NET_MIGRATION_RATE: attraktiv.covariate(panel, names.NET_MIGRATION_RATE)}
    for term in (*TERMS, *MIX):
        name, _, lag = term.removeprefix("lag(").rstrip(")").partition(", ")
        if term.startswith("log("):
            population = attraktiv.covariate(panel, names.POPULATION)
            columns[term] = population.copy(data=np.log(population.values))
        else:
            columns[term] = attraktiv.covariate(panel, name).shift({names.YEAR: int(lag or 0)})
    frame = pd.DataFrame({name: values.to_series() for name, values in columns.items()}).dropna()
    return frame - frame.groupby(level=names.YEAR).transform("mean")


def estimates(country: SimulatedCountry) -> dict[str, tuple[float, float, float]]:
    """Effect of own job growth by method, with its 95% interval; and the first stage's F."""
    frame = table_of(country)
    place = pd.Series(pd.factorize(frame.index.get_level_values(names.PLACE))[0], frame.index)
    own, others = frame[list(OWN)], frame[[term for term in TERMS if term not in OWN]]
    outcome = frame[names.NET_MIGRATION_RATE]
    plain, staged = (
        IV2SLS(outcome, *parts).fit(cov_type="clustered", clusters=place)
        for parts in (
            (pd.concat([own, others], axis=1), None, None),
            (others, own, frame[list(MIX)]),
        )
    )
    found = {}
    for method, result in ((LEAST_SQUARES, plain), (TWO_STAGES, staged)):
        low, high = result.conf_int().loc[OWN[0]].to_numpy(float)
        found[method] = (float(result.params[OWN[0]]), float(low), float(high))
    assert isinstance(staged, IVResults)
    # what the library gives is the Wald statistic, of as many restrictions as instruments
    wald = float(staged.first_stage.diagnostics["f.stat"][OWN[0]])
    found[FIRST_STAGE] = (wald / len(MIX), np.nan, np.nan)
    return found


def measure(kind: str, countries: int, places: int, years: int) -> pd.DataFrame:
    """Estimates in ``countries`` countries of one kind, a row for each country and method."""
    rows = []
    for seed in range(1, countries + 1):
        country = attraktiv.simulate_country(
            places=places, years=years, seed=seed, ages=False, feedback=COUNTRIES[kind]
        )
        truth = float(country.truth[names.BETA].sel({names.TERM: OWN[0]}))
        for method, (estimate, low, high) in estimates(country).items():
            rows.append((seed, method, estimate, low <= truth <= high, truth))
    return pd.DataFrame(rows, columns=["seed", "method", "estimate", "held", "truth"])


def page(countries: int, places: int, years: int) -> str:
    """Write the page of the documentation."""
    head = "| country | F | method | mean | ± | median | held |"
    lines = [head, "|---" * 7 + "|"]
    for kind in COUNTRIES:
        table = measure(kind, countries, places, years)
        strength = float(table.loc[table["method"] == FIRST_STAGE, "estimate"].median())
        for method in (LEAST_SQUARES, TWO_STAGES):
            found = table[table["method"] == method]
            estimate, held = found["estimate"], float(found["held"].mean())
            numbers = (estimate.mean(), estimate.std() / countries**0.5, estimate.median())
            texts = [f"{float(number):.3f}" for number in numbers]
            cells = [kind, f"{strength:.1f}", method, *texts, f"{held:.1%}"]
            lines.append("| " + " | ".join(cells) + " |")
        truth = table["truth"].iloc[0]
    introduction = INTRODUCTION.format(truth=truth, countries=countries, places=places, years=years)
    return introduction + "\n" + "\n".join(lines) + "\n" + READING


def joint_section(joint: int, places: int, years: int, correlation: float) -> str:
    """Write the part of the page that the joint model has, from all kinds that were measured."""
    kind = replace(_NONE, correlation_noise=correlation)
    measure_joint(kind, joint, places, years, table=kept(places, years, correlation))
    found = [pd.read_csv(path) for path in sorted(KEPT.glob(f"joint-{places}-{years}-*.csv"))]
    # the kind in which least squares errs comes first
    return section(found[::-1], places, years)


def main() -> None:
    """Write the page; with ``--joint`` only the part of the joint model, keeping the rest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--countries", type=int, default=200)
    parser.add_argument("--places", type=int, default=60)
    parser.add_argument("--years", type=int, default=12)
    parser.add_argument("--joint", type=int, help="only the joint model, in so many countries")
    parser.add_argument(
        "--noise", type=float, default=0.5, help="correlation of the noises in those countries"
    )
    given = parser.parse_args()
    before, _, after = PAGE.read_text(encoding="utf-8").partition(HEADING)
    if given.joint:
        second = joint_section(given.joint, given.places, given.years, given.noise)
        text = before.rstrip("\n") + "\n\n" + second
    else:
        text = page(given.countries, given.places, given.years)
        text += f"\n{HEADING}{after}" if after else ""
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
