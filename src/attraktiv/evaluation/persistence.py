"""Does attractiveness persist? Later years explained from earlier ones, five ways.

Mathematical details
--------------------
A model is fitted to earlier years E; the later years L are judged by place, with their
factors known. With m the rate that the model explains, of net migration or of job growth,
and ȳ_i the mean over L of m_it less its mean over the compared places of the year, the
predictions of ȳ_i are

========================= ==========================================================
nothing                   0
own mean                  the place's own mean over E of the centred rate
regression                mean over L of x_it'b, b by least squares in E
regression + residual     the same + the mean over E of the place's residual
posterior                 mean over L of x_it'E[β] + E[γ_r(i) + θ_i + ρ^(t−T) u_iT]
========================= ==========================================================

T the last year of the fit, E[·] over the posterior draws. Predictions are centred over the
same places, so that the national level plays no part. The error is
sqrt(mean over places of (prediction − ȳ)²).

Intervals draw blocks of places again; see :mod:`attraktiv.evaluation.bootstrap`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import choice, terms
from attraktiv.effects.intervals import check_interval
from attraktiv.effects.sums import mean_of_known
from attraktiv.engines import fit, least_squares
from attraktiv.errors import InputError
from attraktiv.evaluation.bootstrap import REPLICATIONS, block_errors, find_blocks
from attraktiv.evaluation.pooling import name_pooled_twin
from attraktiv.evaluation.splits import Split, parse_splits
from attraktiv.model import build_design, later_factors
from attraktiv.panels import covariate, read_panel
from attraktiv.specs import ModelSpec, load_spec

BY_POSTERIOR = "posterior"
PREDICTORS = ("nothing", "own mean", "regression", "regression + residual", BY_POSTERIOR)
_FEWEST_PLACES = 3


def hindcast(
    model: str | Path | ModelSpec,
    panel: str | Path | xr.Dataset,
    splits: Sequence[str],
    *,
    classical: str | Path | ModelSpec | None = None,
    blocks: str | None = None,
    without: Sequence[str] = (),
    prob: float = 0.8,
    seed: int | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """Explain later years from earlier ones, and compare five ways of doing so.

    The factors of the later years are taken as known: this judges what is said about
    attractiveness, not a forecast.

    Parameters
    ----------
    model : str, Path or ModelSpec
        A hierarchical model. Of one with equations of migration and of jobs, that of migration is
        judged, by itself.
    panel : str, Path or xarray.Dataset
        Panel folder, built panel, or the dataset of :func:`attraktiv.read_panel`.
    splits : sequence of str
        Years to fit and years to judge by, such as ``"2006:2011/2012:2016"``.
    classical : str, Path or ModelSpec, optional
        The model of the regression; by default least squares with the factors of ``model``.
    blocks : str, optional
        Column of places.csv whose values are drawn as one in the bootstrap. By default the
        first of text that puts places together in at least five blocks; if there is none, or for
        ``"place"``, each place is a block.
    without : sequence of str
        Factors of ``model`` to leave out.
    prob : float
        Probability of the intervals.
    seed : int, optional
        Makes the result repeatable.
    progress : bool
        Show progress on standard error, where that is a terminal.

    Returns
    -------
    xarray.Dataset
        Over (split, predictor): ``rmse`` and ``difference`` (its RMSE less that of the
        posterior), each with ``…_lower`` and ``…_upper``, percentage points per year. Over
        (split, predictor, place) ``predicted`` and over (split, place) ``observed``, percent
        of population (of jobs, where the model explains these alone) per year, centred over the
        places compared; NaN for other places.
        Over (split): ``places`` and ``blocks``, their numbers. Compared are the places that
        were fitted and have a known rate in every later year.

    Raises
    ------
    InputError
        If a split, a model, the column of blocks or their combination is wrong.
    """
    check_interval(prob, "eti")
    # another equation takes no part, and may need what the panel lacks
    spec, regression = (of.alone(of.kinds[0]) for of in _models(model, classical))
    data = panel if isinstance(panel, xr.Dataset) else read_panel(panel)
    found = parse_splits(splits, data, spec.main.outcome)
    column, block = find_blocks(data, blocks)
    seed = secrets.randbelow(2**31) if seed is None else seed
    results = []
    for i, split in enumerate(found):
        run = fit(
            spec,
            data,
            first=split.first,
            last=split.last,
            without=without,
            seed=seed,
            progress=progress,
        )
        left_out = without if classical is None else ()
        predictions = _predictions(run, regression, data, split, left_out)
        rng = np.random.default_rng([seed, i])
        results.append(predictions.merge(block_errors(predictions, block, prob, rng, BY_POSTERIOR)))
    labels = [split.label for split in found]
    return xr.concat(results, dim=xr.Variable(names.SPLIT, labels)).assign_attrs(
        model=spec.id,
        outcome=spec.main.outcome,
        classical=regression.id if classical is not None else f"the factors of {spec.id}",
        block_column=column,
        prob=prob,
        seed=seed,
        replications=REPLICATIONS,
    )


def _models(
    model: str | Path | ModelSpec, classical: str | Path | ModelSpec | None
) -> tuple[ModelSpec, ModelSpec]:
    """Give the hierarchical model and the regression."""
    spec = load_spec(model)
    if spec.main.place_effect == "none":
        call = "attraktiv hindcast hierarchical_dynamic PANEL --split … --classical {}"
        raise InputError(
            f"The model {spec.id} has no attractiveness of places that could persist. Give a "
            "hierarchical model, and a regression beside it if it should have other factors. "
            + (name_pooled_twin(spec, call) if spec.main.yearly else f"{call.format(spec.id)}.")
        )
    if classical is None:
        return spec, spec.regression()
    regression = load_spec(classical)
    if not regression.classical:
        raise InputError(
            f"--classical {regression.id} is not a regression. Give a classical model such as "
            "--classical book_2023, or leave it out: least squares with the same factors."
        )
    if regression.main.yearly:
        call = f"attraktiv hindcast {spec.id} PANEL --split … --classical {{}}"
        raise InputError(
            f"--classical {regression.id} estimates every year by itself, and the later years "
            f"have no coefficients. {name_pooled_twin(regression, call)}"
        )
    if regression.main.outcome != spec.main.outcome:
        raise InputError(
            f"{regression.id} explains {regression.main.outcome} and {spec.id} explains "
            f"{spec.main.outcome}; their errors cannot be compared. Give models of one "
            "outcome."
        )
    return spec, regression


def _predictions(
    run: xr.DataTree,
    regression: ModelSpec,
    panel: xr.Dataset,
    split: Split,
    without: Sequence[str],
) -> xr.Dataset:
    """Predict the mean rate of the later years; NaN for places that are not compared."""
    outcome = str(run.attrs["outcome"])
    constant = run[names.CONSTANT_DATA].dataset
    early = run[names.OBSERVED_DATA].dataset[outcome].transpose(names.PLACE, names.YEAR).values
    rates = covariate(panel, outcome).sel({names.PLACE: constant[names.PLACE].values})
    later = rates.sel({names.YEAR: split.later_years}).transpose(names.PLACE, names.YEAR).values
    compared = constant[names.FITTED].values & np.isfinite(later).all(axis=1)
    if compared.sum() < _FEWEST_PLACES:
        raise InputError(
            f"The split {split.label} compares {int(compared.sum())} places: those fitted whose "
            f"{outcome} is known in every later year; at least {_FEWEST_PLACES} are needed. Give "
            "later years that the panel knows."
        )
    early = _less_year_means(early, compared)
    structure, residual = _regression(regression, panel, split, without)
    predicted = np.stack(
        [
            np.zeros(compared.size),
            mean_of_known(early),
            structure,
            structure + residual,
            _posterior_mean(run, panel, split),
        ]
    )
    centred = predicted - predicted[:, compared].mean(axis=1, keepdims=True)
    seen = later.mean(axis=1)
    seen = seen - seen[compared].mean()
    of_migration = run.attrs[names.KIND] == names.RESIDENTIAL
    unit = {"units": names.PERCENT_OF_POPULATION if of_migration else names.PERCENT_OF_JOBS}
    return xr.Dataset(
        {
            names.PREDICTED: (
                (names.PREDICTOR, names.PLACE),
                np.where(compared, centred, np.nan),
                unit,
            ),
            names.OBSERVED: (names.PLACE, np.where(compared, seen, np.nan), unit),
        },
        {names.PREDICTOR: list(PREDICTORS), names.PLACE: constant[names.PLACE].values},
    )


def _regression(
    spec: ModelSpec, panel: xr.Dataset, split: Split, without: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean of x'b over the later years and the mean residual of the earlier, (place,)."""
    design = build_design(spec, panel, first=split.first, last=split.last, without=without)
    beta = least_squares.estimate(design).coefficients[: len(design.terms)]
    later = later_factors(design.data, panel, years=split.later_years, until=split.last)
    observed = design.data[names.OUTCOME].transpose(names.PLACE, names.YEAR).values
    residual = observed - design.data[names.FACTORS].values @ beta
    # the level of a year is the mean of what is left, over the places of the fit
    return later.values.mean(axis=1) @ beta, mean_of_known(
        _less_year_means(residual, design.data[names.FITTED].values)
    )


def _posterior_mean(run: xr.DataTree, panel: xr.Dataset, split: Split) -> np.ndarray:
    """Give the posterior mean of x'β + γ + θ + u over the later years, (place,)."""
    constant, posterior = run[names.CONSTANT_DATA].dataset, run[names.POSTERIOR].dataset
    everywhere = slice(0, constant.sizes[names.PLACE])
    later = later_factors(constant, panel, years=split.later_years, until=split.last)
    mean = later.values.mean(axis=1) @ terms.coefficients(run).mean(axis=0)
    lasting = terms.lasting_part(run, everywhere)
    if lasting is not None:
        mean = mean + lasting.mean(axis=0)
    if terms.has_path(run):
        years = choice.run_years(run)
        last = terms.moving_part(run, everywhere, slice(len(years) - 1, len(years)))[..., 0]
        rho = posterior[names.RHO].transpose(names.CHAIN, names.DRAW).values.ravel()
        steps = np.array(split.later_years) - years[-1]
        kept = (rho[:, None] ** steps).mean(axis=1)
        mean = mean + kept @ last / kept.size
    return mean


def _less_year_means(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Subtract each year's mean over the known cells of some places."""
    return values - mean_of_known(values[of].T)
