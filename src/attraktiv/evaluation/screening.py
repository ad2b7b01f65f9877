"""Screening: does a proposed driver belong in the structure of a model.

Mathematical details
--------------------
The model is fitted without the factor and with it, to the same cells. With β the effect of one
standard deviation of the factor:

- P(|β| < r), the probability of practical equivalence to no effect (Kruschke 2018, *Advances in
  Methods and Practices in Psychological Science*);
- a two-sided tail probability p of |mean β|/sd β by Student's t with as many degrees of freedom as
  there are places less one (Cameron & Miller 2015, *J. Human Resources*, on few clusters). Under a
  flat prior it is a p-value; the prior of β draws towards zero, which only makes it larger;
- with several factors, p corrected for their number by Benjamini and Hochberg (1995): among the
  factors accepted at 0.05 the expected share of false ones is at most 0.05, and where no factor
  matters the probability of accepting any is at most 0.05. Factors that are negatively correlated
  can break the bound by little;
- the change of the log predictive density of whole places: what the factor tells about a place of
  which nothing else is known.

A factor belongs (``yes``) where corrected p ≤ 0.05 and P(|β| < r) ≤ 0.05: there is an effect, and
it is not too small to matter. It does not (``no``) where P(|β| < r) ≥ 0.95. Otherwise the panel
cannot tell (``unclear``). The predictive density is told beside the answer and takes no part in it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects.intervals import check_interval
from attraktiv.engines import fit
from attraktiv.errors import AttraktivWarning, DesignError, InputError
from attraktiv.evaluation.cells import mean_attractiveness
from attraktiv.evaluation.comparison import estimate
from attraktiv.evaluation.densities import LIMIT, score_places, standard_error, total
from attraktiv.evaluation.pooling import name_pooled_twin
from attraktiv.model import kept_terms, parse_formula
from attraktiv.panels import covariate, read_panel
from attraktiv.progress import progress as progress_bar
from attraktiv.specs import ModelSpec, load_spec

ROPE = 0.05
RATE = 0.05
YES, NO, UNCLEAR = "yes", "no", "unclear"


def screen(
    model: str | Path | ModelSpec,
    panel: str | Path | xr.Dataset,
    factors: Sequence[str],
    *,
    rope: float = ROPE,
    prob: float = 0.8,
    without: Sequence[str] = (),
    first: int | None = None,
    last: int | None = None,
    exclude: str | None = None,
    seed: int | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """Say of each proposed driver whether it belongs in the structure of a model.

    Parameters
    ----------
    model : str, Path or ModelSpec
        The model without the proposed drivers. Of several equations the first alone is fitted:
        that of migration where there is one.
    panel : str, Path or xarray.Dataset
        Panel folder, built panel, or the dataset of :func:`attraktiv.read_panel`.
    factors : sequence of str
        Proposed drivers as a formula writes them: ``"education"``, ``"lag(dwellings, 1)"``. Each
        is tried alone.
    rope : float
        Half the width of the region of practical equivalence, percentage points per standard
        deviation of the factor.
    prob : float
        Probability of the equal-tailed band of the effect.
    without : sequence of str
        Factors of the model to leave out, as in :func:`attraktiv.fit`; they may be proposed again.
    first, last, exclude, seed
        As in :func:`attraktiv.fit`.
    progress : bool
        Show progress on standard error, where that is a terminal.

    Returns
    -------
    xarray.Dataset
        Over ``factor``: ``coefficient``, ``coefficient_original`` (factor, estimate),
        ``prob_equivalent``, ``tail``, ``tail_adjusted``, ``elpd_difference`` and
        ``elpd_difference_se`` (whole places, with the factor less without), ``pareto_bad``,
        ``attractiveness_change`` (factor, place), ``attractiveness_change_sd``, ``belongs``; and
        the coordinate ``factor_missing``, the cells in which it stood at its year's mean.

    Raises
    ------
    InputError
        No factor, one that the panel lacks, one given twice, a factor that the model has already,
        or a region of no width.
    """
    check_interval(prob, "eti")
    if not rope > 0:
        raise InputError(
            f"The region of practical equivalence is {rope:g} wide on either side; valid is a "
            f"number above zero, in percentage points: --rope {ROPE}"
        )
    spec = _pooled(load_spec(model))
    base = _reduced(spec.alone(spec.kinds[0]), without)
    data = panel if isinstance(panel, xr.Dataset) else read_panel(panel)
    terms = _proposed(base, factors, data)
    options: dict[str, Any] = {"first": first, "last": last, "exclude": exclude}
    seed = 1 if seed is None else seed
    with progress_bar("screening", float(1 + len(terms)) if progress else None) as update:
        reference = fit(base, data, seed=seed, progress=False, **options)
        update(1.0)
        parts = []
        for term in terms:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AttraktivWarning)  # said by the first fit
                run = fit(_extended(base, term), data, seed=seed, progress=False, **options)
            parts.append(_effect(run, reference, term, rope, prob))
            update(1.0)
    out = xr.concat(parts, dim=names.FACTOR)
    return _judged(out).assign_attrs(
        model=base.id,
        first=int(reference.attrs["first_year"]),
        last=int(reference.attrs["last_year"]),
        panel_title=reference.attrs["panel_title"],
        panel_hash=reference.attrs["panel_hash"],
        rope=rope,
        prob=prob,
        rate=RATE,
        seed=seed,
    )


def _effect(
    run: xr.DataTree, reference: xr.DataTree, term: str, rope: float, prob: float
) -> xr.Dataset:
    """What one factor does to the model."""
    sample = (names.CHAIN, names.DRAW)
    at = {names.TERM: term}
    posterior = run[names.POSTERIOR].to_dataset()
    beta = posterior[names.BETA].sel(at, drop=True)
    original = posterior[names.BETA_ORIGINAL].sel(at, drop=True)
    score, before = score_places(run), score_places(reference)
    gain = (score[names.ELPD] - before[names.ELPD]).values
    change = mean_attractiveness(run) - mean_attractiveness(reference)
    constant = run[names.CONSTANT_DATA].to_dataset()
    gaps = constant[names.FACTOR_MISSING].sel(at, drop=True) & constant[names.USED]
    bad = [float((s[names.PARETO_K] > s.attrs[LIMIT]).sum()) for s in (score, before)]
    found = xr.Dataset(
        {
            names.COEFFICIENT: estimate(beta, prob),
            names.COEFFICIENT_ORIGINAL: estimate(original, prob),
            names.PROB_EQUIVALENT: (abs(beta) < rope).mean(sample),
            names.TAIL: _tail(beta.values, int(constant[names.FITTED].sum())),
            names.ELPD_DIFFERENCE: total(gain),
            names.ELPD_DIFFERENCE_SE: standard_error(gain),
            names.PARETO_BAD: max(bad),
            names.ATTRACTIVENESS_CHANGE: change,
            names.ATTRACTIVENESS_CHANGE_SD: change.std(),
        },
    ).expand_dims({names.FACTOR: [term]})
    about = {
        names.FACTOR_MISSING: int(gaps.sum()),
        "units_of_factor": str(constant["term_units"].sel(at).values),
        "look_ahead": bool(constant["term_look_ahead"].sel(at).values),
    }
    return found.assign_coords({key: (names.FACTOR, [value]) for key, value in about.items()})


def _tail(beta: np.ndarray, places: int) -> float:
    from scipy.stats import t

    return float(2.0 * t.sf(abs(beta.mean()) / beta.std(), places - 1))


def _judged(found: xr.Dataset) -> xr.Dataset:
    """Correct for the number of factors tried, and answer."""
    from scipy.stats import false_discovery_control

    adjusted = false_discovery_control(found[names.TAIL].values, method="bh")
    equivalent = found[names.PROB_EQUIVALENT].values
    answer = np.where(
        (adjusted <= RATE) & (equivalent <= RATE),
        YES,
        np.where(equivalent >= 1.0 - RATE, NO, UNCLEAR),
    )
    return found.assign(
        {
            names.TAIL_ADJUSTED: (names.FACTOR, adjusted),
            names.BELONGS: (names.FACTOR, answer.astype(object)),
        }
    )


def _pooled(spec: ModelSpec) -> ModelSpec:
    """Raise unless a factor has one effect in all years."""
    if not spec.main.yearly:
        return spec
    raise InputError(
        f"The model {spec.id} estimates every year by itself, and screening asks for one effect of "
        f"a factor. {name_pooled_twin(spec, 'attraktiv screen {} PANEL --factor …')}"
    )


def _reduced(spec: ModelSpec, without: Sequence[str]) -> ModelSpec:
    """Return the specification less the factors that are left out, and those alone."""
    terms = kept_terms(spec, without)
    if not terms:
        raise DesignError(
            f"--without leaves the model {spec.id} no factor at all; keep one at least."
        )
    return _with_factors(spec, [term.label for term in terms])


def _extended(spec: ModelSpec, term: str) -> ModelSpec:
    return _with_factors(spec, [t.label for t in parse_formula(spec.main.factors)] + [term])


def _with_factors(spec: ModelSpec, labels: Sequence[str]) -> ModelSpec:
    return spec.with_equation(spec.kinds[0], factors=" + ".join(labels))


def _proposed(base: ModelSpec, factors: Sequence[str], panel: xr.Dataset) -> list[str]:
    """Return the proposed terms in their normal form; raise before anything is fitted."""
    texts = [factors] if isinstance(factors, str) else list(factors)
    if not texts:
        raise InputError(
            "There is no factor to screen; name one or more: "
            f"attraktiv screen {base.id} PANEL --factor education"
        )
    known = [term.label for term in parse_formula(base.main.factors)]
    found: list[str] = []
    for text in texts:
        parsed = parse_formula(text)
        if len(parsed) != 1:
            raise InputError(
                f"--factor {text!r} names {len(parsed)} factors; give each apart, as in --factor "
                "education --factor 'lag(education, 1)'"
            )
        label = parsed[0].label
        if label in known:
            raise InputError(
                f"The model {base.id} has the factor {label} already. To ask whether it belongs, "
                f"leave it out and propose it again: --without '{label}' --factor '{label}'"
            )
        if label in found:
            raise InputError(f"--factor {label} is given twice; each counts as one more try.")
        for name in parsed[0].variables:
            covariate(panel, name)
        found.append(label)
    return found
