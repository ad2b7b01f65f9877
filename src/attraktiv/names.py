"""The names of every dimension, variable and group that a panel or a run holds.

One owner for names: other modules import them from here, ``docs/schema.md`` lists
them with their meaning, and a test holds the two together. A change to a name is a
breaking change of the stored format.
"""

from __future__ import annotations

from typing import Final

# Dimensions -----------------------------------------------------------------
PLACE: Final = "place"
YEAR: Final = "year"
TERM: Final = "term"
JOBS_TERM: Final = "jobs_term"  # of an equation of jobs
GROUP: Final = "group"
CHAIN: Final = "chain"
DRAW: Final = "draw"
SEX: Final = "sex"
AGE: Final = "age"
INDUSTRY: Final = "industry"
PARAMETER: Final = "parameter"  # a scalar of the model, with its index: theta[0301]
COMPONENT: Final = "component"  # a term of growth, or of the variance of the outcome
FLOW: Final = "flow"  # one row per home-work pair and year of commuting
BORDER: Final = "border"  # one row per pair of neighbours
SCENARIO: Final = "scenario"
AGE_GROUP: Final = "age_group"

RUN: Final = "run"  # of a comparison, by the name of its model
FACTOR: Final = "factor"  # a proposed driver, as a formula writes it
CRITERION: Final = "criterion"  # what a predictive density leaves out
SLOPE: Final = "slope"  # pooled, within places, between places
ESTIMATE: Final = "estimate"  # mean, lower, upper
ESTIMATOR: Final = "estimator"  # least squares, two-stage least squares, posterior
SPAN: Final = "span"  # the same year, or the years after too
INSTRUMENTS: Final = "instruments"  # factors that only an equation of jobs has
FORECASTER: Final = "forecaster"  # of a backtest: a model or a benchmark
ORIGIN: Final = "origin"  # its 1 January is the last that a forecaster knows
HORIZON: Final = "horizon"  # years after the origin
QUANTITY: Final = "quantity"  # what is forecast
UNIT: Final = "unit"  # a place, or the sum of several
QUANTILE: Final = "quantile"

# Panel: observed -------------------------------------------------------------
POPULATION: Final = "population"
NATURAL_INCREASE: Final = "natural_increase"
BIRTHS: Final = "births"
DEATHS: Final = "deaths"
NET_MIGRATION: Final = "net_migration"
NET_DOMESTIC_MIGRATION: Final = "net_domestic_migration"
NET_INTERNATIONAL_MIGRATION: Final = "net_international_migration"
IN_MIGRATION: Final = "in_migration"
OUT_MIGRATION: Final = "out_migration"
BOUNDARY_TRANSFER: Final = "boundary_transfer"
JOBS: Final = "jobs"
JOBS_PRIVATE: Final = "jobs_private"
JOBS_PUBLIC: Final = "jobs_public"
POPULATION_BY_AGE: Final = "population_by_age"
JOBS_BY_INDUSTRY: Final = "jobs_by_industry"
MEASUREMENT_SD: Final = "measurement_sd"
NAME: Final = "name"
LONGITUDE: Final = "longitude"
LATITUDE: Final = "latitude"
EXCLUDED: Final = "excluded"
COMMUTING_HOME: Final = "commuting_home"
COMMUTING_WORK: Final = "commuting_work"
COMMUTING_YEAR: Final = "commuting_year"
COMMUTING_EMPLOYED: Final = "commuting_employed"
BORDER_PLACE: Final = "border_place"
BORDER_NEIGHBOUR: Final = "border_neighbour"

# Panel: derived covariates ---------------------------------------------------
NET_MIGRATION_RATE: Final = "net_migration_rate"
NET_DOMESTIC_MIGRATION_RATE: Final = "net_domestic_migration_rate"
NATURAL_INCREASE_RATE: Final = "natural_increase_rate"
POPULATION_GROWTH: Final = "population_growth"
LABOUR_MARKET_INTEGRATION: Final = "labour_market_integration"
NATIONAL_JOB_GROWTH: Final = "national_job_growth"
INDUSTRY_MIX: Final = "industry_mix"
EXPECTED_JOB_GROWTH: Final = "expected_job_growth"
LOCAL_JOB_GROWTH: Final = "local_job_growth"

# Run: groups of the tree -----------------------------------------------------
POSTERIOR: Final = "posterior"
SAMPLE_STATS: Final = "sample_stats"
OBSERVED_DATA: Final = "observed_data"
CONSTANT_DATA: Final = "constant_data"
LOG_LIKELIHOOD: Final = "log_likelihood"
DIAGNOSTICS: Final = "diagnostics"

# Run: posterior --------------------------------------------------------------
ALPHA: Final = "alpha"
MU_ALPHA: Final = "mu_alpha"
RHO_ALPHA: Final = "rho_alpha"
SIGMA_ALPHA: Final = "sigma_alpha"
BETA: Final = "beta"
BETA_ORIGINAL: Final = "beta_original"
GAMMA: Final = "gamma"
SIGMA_GAMMA: Final = "sigma_gamma"
THETA: Final = "theta"
TAU: Final = "tau"
U: Final = "u"
RHO: Final = "rho"
SIGMA_U: Final = "sigma_u"
SIGMA: Final = "sigma"
PHI: Final = "phi"
NU: Final = "nu"
INITIAL: Final = "initial"  # coefficient of the growth before the first year
CORRELATION_LASTING: Final = "correlation_lasting"
CORRELATION_PATH: Final = "correlation_path"
CORRELATION_NOISE: Final = "correlation_noise"

# Run: constant data ----------------------------------------------------------
FACTORS: Final = "factors"
FACTOR_MISSING: Final = "factor_missing"
CENTRE: Final = "centre"
SCALE: Final = "scale"
FLOW_VARIANCE: Final = "flow_variance"
FITTED: Final = "fitted"
USED: Final = "used"
OUTCOME: Final = "outcome"
GROUP_OF_PLACE: Final = "group_of_place"
NEXT_POPULATION: Final = "next_population"

JOBS_BEFORE: Final = "jobs_before"
INITIAL_GROWTH: Final = "initial_growth"

# Equations: the attractiveness that what an equation does not explain is called -----
RESIDENTIAL: Final = "residential"
BUSINESS: Final = "business"
VISIT: Final = "visit"
TOTAL: Final = "total"  # residential, and what the others bring through jobs
JOINT: Final = (RESIDENTIAL, BUSINESS)  # of a joint model, in order
KIND: Final = "kind"

# Effects ---------------------------------------------------------------------
ATTRACTIVENESS: Final = "attractiveness"
ATTRACTIVENESS_WITH_NOISE: Final = "attractiveness_with_noise"
LASTING: Final = "lasting"
PATH: Final = "path"  # attractiveness of each year
FROM_PRIOR: Final = "from_prior"  # the place was left out of the fit
DECOMPOSITION: Final = "decomposition"
OBSERVED_GROWTH: Final = "observed_growth"  # border transfers included
TOTAL_ATTRACTIVENESS: Final = "total_attractiveness"
BUSINESS_EFFECT: Final = "business_effect"  # migration that comes with jobs, of this year
SAME_YEAR_EFFECT: Final = "same_year_effect"
THREE_YEAR_EFFECT: Final = "three_year_effect"

# Effects: components of growth, beside the factors of the model ------------------
NATIONAL_LEVEL: Final = "national_level"
OTHER_MIGRATION: Final = "other_migration"
REGIONAL_ATTRACTIVENESS: Final = "regional_attractiveness"
RESIDENTIAL_ATTRACTIVENESS: Final = "residential_attractiveness"
BUSINESS_ATTRACTIVENESS: Final = "business_attractiveness"
VISIT_ATTRACTIVENESS: Final = "visit_attractiveness"
OWN_JOBS_STRUCTURE: Final = "own_jobs_structure"
OWN_JOBS_ATTRACTIVENESS: Final = "own_jobs_attractiveness"
OWN_JOBS_NOISE: Final = "own_jobs_noise"
OWN_JOBS_OTHER: Final = "own_jobs_other"
NOISE: Final = "noise"
ROUNDING: Final = "rounding"

# Evaluation: later years -----------------------------------------------------
SPLIT: Final = "split"  # earlier years to fit, later years to judge by
PREDICTOR: Final = "predictor"  # not "method", which xarray's sel takes for its own
OBSERVED: Final = "observed"
PREDICTED: Final = "predicted"
RMSE: Final = "rmse"
DIFFERENCE: Final = "difference"

# Evaluation: comparison and screening ----------------------------------------
COEFFICIENT: Final = "coefficient"
COEFFICIENT_ORIGINAL: Final = "coefficient_original"
EXPLAINED: Final = "explained"
RANK: Final = "rank"
RANK_CHANGE: Final = "rank_change"
OTHER_STRUCTURE: Final = "other_structure"
SHRINKAGE: Final = "shrinkage"
RELIABILITY: Final = "reliability"
NOISE_SD: Final = "noise_sd"
YEARS_KNOWN: Final = "years_known"
ELPD: Final = "elpd"
ELPD_SE: Final = "elpd_se"
ELPD_DIFFERENCE: Final = "elpd_difference"
ELPD_DIFFERENCE_SE: Final = "elpd_difference_se"
ELPD_OF_PLACE: Final = "elpd_of_place"
SCORED: Final = "scored"
PARETO_K: Final = "pareto_k"
PARETO_BAD: Final = "pareto_bad"
SLOPE_MEAN: Final = "slope_mean"
SLOPE_SE: Final = "slope_se"
TOP_RETURNING: Final = "top_returning"
RANK_CORRELATION: Final = "rank_correlation"
PROB_EQUIVALENT: Final = "prob_equivalent"
TAIL: Final = "tail"
TAIL_ADJUSTED: Final = "tail_adjusted"
ATTRACTIVENESS_CHANGE: Final = "attractiveness_change"
ATTRACTIVENESS_CHANGE_SD: Final = "attractiveness_change_sd"
BELONGS: Final = "belongs"

# Evaluation: jobs and migration of one year ----------------------------------
JOB_RESPONSE: Final = "job_response"
JOB_RESPONSE_SE: Final = "job_response_se"
MIGRANTS_PER_100_JOBS: Final = "migrants_per_100_jobs"
FIRST_STAGE_F: Final = "first_stage_f"
PARTIAL_R2: Final = "partial_r2"
PROB_POSITIVE: Final = "prob_positive"

# Backtests -------------------------------------------------------------------
CRPS: Final = "crps"
LOG_SCORE: Final = "log_score"
PIT: Final = "pit"
PREDICTED_QUANTILE: Final = "predicted_quantile"
BASE: Final = "base"  # persons at the origin that errors are related to
UNIT_LEVEL: Final = "level"
UNIT_LABEL: Final = "label"

# Forecast: a group of the run; flows and jobs are of the year, population on its 1 January -------
FORECAST: Final = "forecast"
POPULATION_BY_AGE_GROUP: Final = "population_by_age_group"
POPULATION_DIFFERENCE: Final = "population_difference"  # from the first scenario, same draw
DEPENDENCY_RATIO: Final = "dependency_ratio"
AGE_SHARE: Final = "age_share"
GROWTH_SINCE_ORIGIN: Final = "growth_since_origin"
PEAK_YEAR: Final = "peak_year"
PROB_DECLINE: Final = "prob_decline"
PROB_ABOVE: Final = "prob_above"
PROB_BELOW: Final = "prob_below"
CONTINUED: Final = "continued"
NEUTRAL: Final = "neutral"
LOW: Final = "low"
HIGH: Final = "high"

# Units -----------------------------------------------------------------------
PERSONS: Final = "persons"
JOBS_UNIT: Final = "jobs"
PERCENT_OF_POPULATION: Final = "percent of population per year"
PERCENT_OF_JOBS: Final = "percent of jobs per year"
PERCENT_OF_EMPLOYED: Final = "percent of employed residents"
PERCENTAGE_POINTS: Final = "percentage points"
PERSONS_PER_YEAR: Final = "persons per year"
JOBS_PER_YEAR: Final = "jobs per year"
PERCENT_OF_PERSONS: Final = "percent of population"
PERCENT_OF_ORIGIN: Final = "percent of population at the origin"
PER_100_OF_WORKING_AGE: Final = "persons per 100 aged 20–66"
PROBABILITY: Final = "probability"


def of_equation(name: str, kind: str) -> str:
    """Name of a parameter of one equation in a model of two.

    Parameters
    ----------
    name : str
        As in a model of one equation.
    kind : {"residential", "business"}
        Names of the equation of migration stay as they are.
    """
    return name if kind == RESIDENTIAL else f"{name}_{kind}"
