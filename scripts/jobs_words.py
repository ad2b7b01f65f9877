"""The words of docs/jobs-and-people.md; those about results stop the page if they do not hold."""

from __future__ import annotations

import textwrap

import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.evaluation import instrument

_ETA = 0.31

TEXT = """# Jobs and people

Jobs bring people, and people bring jobs. Telemarksforsking published what its model makes of both,
for every Norwegian municipality, 2003–2013 ([](published.md)). Here the same growth of private
jobs is estimated again, by itself and together with migration: {places} municipalities in the
borders of 2017, with the published industry mix. Intervals are 80 %.

```console
$ attraktiv fit business_2017 published --sector private --from {first} --until {last}
$ attraktiv fit business_2026 published --sector private --from {first} --until {last} --seed {seed}
$ attraktiv fit joint_2026 published --sector private --from {first_joint} --until {last} \\
    --without centrality --without share_20_39 --draws {draws} --seed {seed}
```

The file has growth of jobs and of population to two decimals. Jobs of 2002, which the growth of
2003 is relative to, are computed back from it. Population of 2002 is not known, nor is last year's
growth in 2003: so the fits begin in {first}, and the joint ones, with jobs of three years, in
{first_joint}. Centrality and ages are not in the file either.

## How jobs grow

Growth of a place's jobs is the nation's level, industry mix, a population effect, and what is left
over: business attractiveness. The published model takes the industry mix at its face value (λ = 1):
what a place's industries do elsewhere, they are expected to do here. It adds η points for each
percent by which population grew the year before.

| | published | least squares | the same, by jobs | `business_2026` | `joint_2026` |
|---|---|---|---|---|---|
{effects}

Least squares lets every municipality count the same, the third column each by its jobs; the
hierarchical models know that small places are noisy. {effects_reading}

## How much of it lasts

The published business attractiveness is what growth leaves over in a year. If it were a property of
the place, the same places would be high again in other years. Correlation of the attractiveness of
two years, the nation's level taken away:

| years apart | correlation |
|---|---|
{lags}

Means over eleven years differ between places by {sd_theirs:.2f} points (standard deviation).
{between_reading} Our model looks for what lasts in another way, for it knows that ten jobs more are
much in a small place: its lasting part differs by τ = {tau:.2f} points.

By size: how single years and eleven-year means of theirs vary between places, in points; in
brackets how they should by our model; and what the variance of the means consists of by the model:

| private jobs | places | single years | means | lasting | moving | noise |
|---|---|---|---|---|---|---|
{sizes}

{sizes_reading}

Below is their mean of eleven years beside the lasting part of ours. They correlate at
{correlation:.2f} (ranks {rank_correlation:.2f}), but ours spreads over {sd_ours:.2f} points and not
over {sd_theirs:.2f}: pulled towards the average, and the more so the smaller the place.

![Ours over theirs](figures/jobs-and-people.svg)

The highest and the lowest of theirs:

| municipality | private jobs | theirs | ours | rank in ours |
|---|---|---|---|---|
{extremes}

## What it says of later years

[As for migration](persistence.md): fitted to six years, each place's mean growth of jobs in the
five after them, said in five ways, its factors known; regions are drawn again as blocks.

{hindcast}

{hindcast_reading}

## What jobs do to migration

For each 100 jobs more, so many more people move in than otherwise, net. On the published figures,
private jobs, {first_joint}–{last}:

| | the same year | and the two after |
|---|---|---|
{responses}

On [today's municipalities](norway.md), all jobs, {first_norway}–{last_norway}, without an industry
mix:

| | the same year | and the two after |
|---|---|---|
{responses_norway}

What the two equations have in common: correlations of residential and business attractiveness, and
of the noise of one place and year.

| | published figures | today's municipalities |
|---|---|---|
{ties}

{joint_reading}

The two-stage estimate of the same year, as the equation of migration is given more factors; their
structure is the published contributions of public jobs, neighbours and labour market beside size:

| factors of migration | least squares | two-stage least squares | F |
|---|---|---|---|
{structures}

## What the equations can tell, and what not

- **Of one year, jobs and migration are simultaneous.** A firm that opens brings people; people who
  come bring jobs in shops and schools; a good year does both. A regression of one on the other
  mixes these, whichever way it is written.
- **Industry mix tells them apart, if it acts on jobs alone.** It moves jobs, for the nation's
  industries grow and shrink whatever this place does; so it stands in the equation of jobs and not
  in that of migration: an instrument ([](instrument.md)). But the growing industries are those of
  cities, which draw people for other reasons too. Where the equation of migration does not know
  what a city is, the mix stands for it.
- **It is weak here.** F of its first stage is {strength:.0f}, and it explains {explained:.1%} of
  what the other factors leave of job growth. F above 10 is the convention; above 104.7 the usual
  intervals of one instrument are right.
- **The joint model uses more than the mix**: last year's growth, which acts on jobs alone by
  assumption, and the shape of the model, such as that noise has no memory and paths have. Without
  an industry mix it rests on these alone. Where they are wrong, so is its answer.
- **Attractiveness is what is left over**, in either equation: what correlates with a factor is
  called structure, and a cause that acts on both shows as a correlation, not as a cause.

`make pages` writes this page.
"""


def effects_reading(alone: pd.DataFrame, together: pd.DataFrame, mix: str, growth: str) -> str:
    """What λ and η say, of jobs alone and together with migration."""
    slopes, joint = alone["mean"], together["mean"]
    _require(bool((alone.loc[mix, "upper"] < 1) and (together.loc[mix, "upper"] < 1)))
    _require(alone.loc[growth, "lower"] > _ETA > together.loc[growth, "lower"])
    _require(together.loc[growth, "upper"] > _ETA)
    return _filled(
        "Where the industries of a place grow one point faster elsewhere, the place itself grows "
        f"{slopes[mix]:.2f} points faster ({joint[mix]:.2f} in the joint model), not one: the "
        "intervals leave 1 out. What is subtracted at face value comes back as attractiveness "
        "with the opposite sign: a place of growing industries is then called less attractive for "
        f"business than it is. The population effect is {slopes[growth]:.2f} where jobs are "
        f"explained alone and {joint[growth]:.2f} together with migration, the published {_ETA} "
        "within its interval: a place may draw both people and jobs year after year, and only the "
        "joint model does not take that for people who bring jobs."
    )


def between_reading(spread: float, by_chance: float) -> str:
    """Whether the means differ by more than chance."""
    _require(spread < by_chance)
    return (
        f"Years that have nothing to do with each other would make them differ by {by_chance:.2f} "
        "points, more than they do: by this count nothing lasts, and the means are noise."
    )


def sizes_reading(table: pd.DataFrame, next_year: float) -> str:
    """How much of a long mean is noise, and where the model exaggerates."""
    everywhere, smallest, largest = table.loc["all"], table.iloc[0], table.iloc[-2]
    _require(next_year < 0 and smallest["implied"] > 1.2 * smallest["of_means"])
    _require(smallest["years_implied"] > 1.1 * smallest["of_years"])
    _require(abs(largest["implied"] / largest["of_means"] - 1) < 0.1)
    return _filled(
        f"By the model {everywhere['noise']:.0%} of the variance of the means is noise and "
        f"{everywhere['lasting']:.0%} lasts; in the largest places it is {largest['noise']:.0%} "
        f"and {largest['lasting']:.0%}. For the smallest it exaggerates: single years vary by "
        f"{smallest['of_years']:.1f} points where it expects {smallest['years_implied']:.1f}, and "
        "it draws the noise of every year anew, while real counts swing back a little, as the "
        f"correlation of {next_year:+.2f} shows. So means vary by {smallest['of_means']:.2f} where "
        f"it expects {smallest['implied']:.2f}, and there its share of noise is too high. In the "
        f"largest it expects {largest['implied']:.2f}, and {largest['of_means']:.2f} is found."
    )


def hindcast_reading(found: xr.Dataset) -> str:
    """What carrying attractiveness forward does to predictions."""
    rmse = found[names.RMSE].isel({names.SPLIT: 0})
    more = found.isel({names.SPLIT: 0}).sel({names.PREDICTOR: "regression"})

    def error(predictor: str) -> float:
        return float(rmse.sel({names.PREDICTOR: predictor}))

    carried = "regression + residual"
    _require(error(carried) > error("nothing") > error("regression") > error("posterior"))
    _require(float(more[f"{names.DIFFERENCE}_lower"]) > 0)
    return _filled(
        "Carrying the residual forward, which is to read it as a property of the place, is worse "
        f"than to say nothing of any place ({error(carried):.2f} against {error('nothing'):.2f}). "
        f"The factors help ({error('regression'):.2f}), and the little that the hierarchical model "
        f"keeps of attractiveness helps a little more ({error('posterior'):.2f}): less by "
        f"{float(more[names.DIFFERENCE]):.3f}, with an interval above zero."
    )


def joint_reading(found: xr.Dataset, norway: xr.Dataset, by_structure: list[xr.Dataset]) -> str:
    """What jobs do to migration, and how much the estimates differ."""
    least_squares, two_stage, joint = (
        _same_year(found, which)
        for which in (instrument.LEAST_SQUARES, instrument.TWO_STAGE, instrument.POSTERIOR)
    )
    _require(joint < least_squares < two_stage / 2)
    first, *_, last = (_same_year(of, instrument.TWO_STAGE) for of in by_structure)
    _require(last < first / 2)
    noise, noise_norway = (of[names.CORRELATION_NOISE].values for of in (found, norway))
    _require(max(abs(noise[0]), abs(noise_norway[0])) < 0.15)
    return _filled(
        "That a good year brings both jobs and people, beyond what either does to the other, is "
        f"hardly seen: the noise correlates at {noise[0]:+.2f} and {noise_norway[0]:+.2f}. With "
        f"that allowed for, the joint model says {joint:.0f} and "
        f"{_same_year(norway, instrument.POSTERIOR):.0f} people for 100 jobs in the same year, "
        f"near least squares ({least_squares:.0f} and "
        f"{_same_year(norway, instrument.LEAST_SQUARES):.0f}). The two-stage estimate, which "
        f"listens to the industry mix alone, says {two_stage:.0f}, but not for long: from "
        f"{first:.0f} it falls to {last:.0f} as the equation of migration is given what else "
        "makes a place grow (the table below). That is how an instrument behaves that has other "
        "business with migration. So the size of the response is not settled by these figures; "
        "that there is one, in the same year and after, all estimates say."
    )


def _same_year(found: xr.Dataset, estimator: str) -> float:
    at = {names.ESTIMATOR: estimator, names.SPAN: instrument.SAME_YEAR, names.ESTIMATE: "mean"}
    return float(found[names.MIGRANTS_PER_100_JOBS].sel(at))


def _require(holds: bool) -> None:
    if not holds:
        raise RuntimeError("the numbers no longer bear out the words of the page")


def _filled(text: str) -> str:
    return textwrap.fill(text, 100, break_on_hyphens=False)
