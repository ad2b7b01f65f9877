from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from attraktiv import names
from attraktiv.engines.collapsed.hyper import Hyper
from attraktiv.specs import load_spec
from attraktiv.specs.priors import Beta, Exponential, Gamma, HalfNormal, LogNormal, Normal, Uniform

PRIORS = [
    (Normal(distribution="normal", mu=0.3, sigma=2.0), stats.norm(0.3, 2.0)),
    (HalfNormal(distribution="half_normal", sigma=0.5), stats.halfnorm(scale=0.5)),
    (Exponential(distribution="exponential", scale=0.7), stats.expon(scale=0.7)),
    (
        LogNormal(distribution="log_normal", mu=0.7, sigma=0.7),
        stats.lognorm(s=0.7, scale=np.exp(0.7)),
    ),
    (Beta(distribution="beta", alpha=2.0, beta=3.0), stats.beta(2.0, 3.0)),
    (
        Beta(distribution="beta", alpha=2.0, beta=3.0, lower=-1.0, upper=1.0),
        stats.beta(2.0, 3.0, -1.0, 2.0),
    ),
    (Gamma(distribution="gamma", alpha=2.0, beta=0.1, lower=2.0), stats.gamma(2.0, 2.0, 10.0)),
    (Uniform(distribution="uniform", lower=-0.5, upper=0.9), stats.uniform(-0.5, 1.4)),
]


@pytest.mark.parametrize(("prior", "law"), PRIORS, ids=lambda p: getattr(p, "distribution", ""))
def test_from_normal_keeps_the_place_in_the_prior(prior, law):
    x = np.linspace(-6.0, 6.0, 49)
    value = prior.from_normal(x)
    low, high = x < 0, x >= 0
    np.testing.assert_allclose(law.cdf(value[low]), stats.norm.cdf(x[low]), rtol=1e-6)
    np.testing.assert_allclose(law.sf(value[high]), stats.norm.sf(x[high]), rtol=1e-5)


def test_values_stay_inside_the_support_at_extremes():
    hyper = Hyper.of(load_spec("hierarchical_dynamic").migration)
    for extreme in (-40.0, 40.0):
        values = hyper.values(np.full((1, len(hyper.names)), extreme))
        for name, prior in hyper.priors.items():
            low, high = prior.support
            assert low < values[name][0] <= high
        assert values[names.RHO][0] < 1.0


def test_rows_of_the_kernel_square_deviations():
    hyper = Hyper.of(load_spec("hierarchical_static").migration)
    x = np.random.default_rng(0).normal(size=(5, len(hyper.names)))
    psi = hyper.values(x)
    rows = hyper.kernel_rows(psi)
    expected = [psi[names.TAU] ** 2, 0.0 * x[:, 0], 0.0 * x[:, 0], psi[names.SIGMA] ** 2]
    np.testing.assert_allclose(rows[:, :4], np.array(expected).T)
    np.testing.assert_allclose(rows[:, 4], psi[names.PHI])


def test_the_table_of_psi_is_right_to_a_thousandth():
    hyper = Hyper.of(load_spec("hierarchical_dynamic").migration)
    x = np.random.default_rng(1).uniform(-7.9, 7.9, size=(400, len(hyper.names)))
    exact, looked_up = hyper.values(x), hyper.table()(x)
    assert looked_up.keys() == exact.keys()
    for name, values in exact.items():
        np.testing.assert_allclose(looked_up[name], values, rtol=1e-3)


def test_the_table_of_psi_is_constant_beyond_its_ends():
    hyper = Hyper.of(load_spec("hierarchical_static").migration)
    for end in (-8.0, 8.0):
        at, beyond = (hyper.table()(np.full((1, len(hyper.names)), x)) for x in (end, 5.0 * end))
        for name, values in at.items():
            np.testing.assert_array_equal(beyond[name], values)
