"""What check says of jobs and migration of one year."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attraktiv.cli.messages import paragraph
from attraktiv.cli.output import band_name
from attraktiv.cli.tables import Column, number, text_table

if TYPE_CHECKING:
    import xarray as xr


def response_lines(found: xr.Dataset) -> Iterator[str]:
    """Yield paragraphs and a table.

    Parameters
    ----------
    found : xarray.Dataset
        From :func:`attraktiv.job_response`.
    """
    yield paragraph(
        f"Jobs and migration of one year: migrants for each 100 jobs more ({found.attrs['growth']}"
        f"), with {band_name(found.attrs['prob'], 'eti')} bands"
    )
    columns = [
        Column("Estimate", [str(of).capitalize() for of in found["estimator"].values], text=True)
    ]
    for span in found["span"].values:
        bands = found["migrants_per_100_jobs"].sel(span=span).values
        columns.append(Column(str(span).capitalize(), [_whole(*band) for band in bands]))
    yield "\n".join(text_table(columns))
    yield paragraph(" ".join(_instrument(found)))
    if "correlation_noise" in found:
        mean, lower, upper = (number(value, 2) for value in found["correlation_noise"].values)
        yield paragraph(
            f"What disturbs migration and jobs in the same year: correlation {mean} [{lower}, "
            f"{upper}], above zero with probability {float(found['prob_positive']):.2f}."
        )


def _whole(mean: float, lower: float, upper: float) -> str:
    return f"{number(mean, 0)} [{number(lower, 0)}, {number(upper, 0)}]"


def _instrument(found: xr.Dataset) -> Iterator[str]:
    from attraktiv.evaluation.instrument import EXACT, WEAK

    instruments = [str(which) for which in found["instruments"].values]
    instrument = found.attrs["instrument"]
    if not instrument:
        by = "lagged growth and by the model's shape" if instruments else "the model's shape"
        apart = f"only by {by}" if "posterior" in found["estimator"].values else "by nothing"
        yield (
            "There is no industry mix that acts on jobs alone, so what jobs do to migration and "
            f"what moves both in the same year are told apart {apart}: no two-stage estimate."
        )
        return
    f = {which: float(found["first_stage_f"].sel(instruments=which)) for which in instruments}
    share = float(found["partial_r2"].sel(instruments=instrument))
    strength = "strong" if f[instrument] >= WEAK else "weak"
    yield (
        "Least squares takes job growth as given, and is off where something brings both jobs and "
        f"people. Two-stage least squares uses only what {instrument} moves: a {strength} "
        f"instrument, F {f[instrument]:.1f} against the conventional {WEAK:.0f}, {share:.1%} of "
        "the job growth that the other factors leave."
    )
    if f[instrument] < WEAK:
        yield "Do not use the two-stage estimate."
    elif f[instrument] < EXACT:
        yield f"Its band is somewhat too narrow: that takes F above {EXACT:g}."
    for which in instruments:
        if which != instrument:
            yield (
                f"With {which}, which the likelihood of a joint model also uses, F is "
                f"{f[which]:.1f}; a place's past growth tells of its attractiveness too, so the "
                "two-stage estimate leaves it out."
            )
