"""An answer as JSON, csv, parquet or netCDF."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any, Final, Literal

import pandas as pd

from attraktiv import names

Form = Literal["json", "csv", "parquet", "netcdf"]
MEDIA: Final[dict[str, str]] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "netcdf": "application/x-netcdf",
}
SUFFIX: Final[dict[str, str]] = {"csv": "csv", "parquet": "parquet", "netcdf": "nc"}
#: A spreadsheet takes a cell that starts with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LABELS = (
    *(names.SCENARIO, names.PLACE, names.GROUP, names.AGE_GROUP, names.SEX, names.AGE),
    *(names.TERM, names.COMPONENT, names.PARAMETER, names.YEAR),
)
_DIGITS = 6  # decimals of a number in JSON; the other forms have all


def as_json(frame: pd.DataFrame, offset: int, limit: int) -> bytes:
    """Return a page of a frame: ``total``, ``offset``, ``note`` and ``rows``; missing is null."""
    rows = frame.iloc[offset : offset + limit].to_json(
        orient="records", force_ascii=False, double_precision=_DIGITS
    )
    note = json.dumps(str(frame.attrs.get("note", "")), ensure_ascii=False)
    head = f'{{"total":{len(frame)},"offset":{offset},"note":{note},"rows":'
    return f"{head}{rows}}}".encode()


def as_file(frame: pd.DataFrame, form: Form) -> bytes:
    """Return a whole frame as a file.

    Parameters
    ----------
    frame
        An answer.
    form
        ``csv``, ``parquet`` or ``netcdf``.
    """
    return _WRITERS[form](frame)


def safe_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with an apostrophe before texts that a spreadsheet would compute."""
    return frame.assign(
        **{
            str(name): frame[name].map(_safe)
            for name in frame
            if frame[name].dtype.kind not in "fiub"
        }
    )


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _csv(frame: pd.DataFrame) -> bytes:
    return safe_cells(frame).to_csv(index=False).encode()


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    # the attributes of a frame may hold what JSON does not
    pd.DataFrame(frame.assign()).to_parquet(buffer, index=False)
    return buffer.getvalue()


def _netcdf(frame: pd.DataFrame) -> bytes:
    """Return netCDF over the frame's labels; columns of one value become attributes."""
    labels = [name for name in _LABELS if name in frame]
    beside = [name for name in frame if name not in labels]
    # what says the same in every row says it once; numbers stay variables
    constant = [
        name
        for name in beside
        if name != names.NAME and frame[name].dtype.kind not in "fb" and frame[name].nunique() == 1
    ]
    indexed = frame.set_index(labels).drop(columns=constant) if labels else frame
    dataset = indexed.to_xarray()
    if names.NAME in dataset and names.PLACE in dataset.dims:
        label_of = frame.drop_duplicates(names.PLACE).set_index(names.PLACE)[names.NAME]
        named = [str(label_of[code]) for code in dataset[names.PLACE].values]
        dataset = dataset.drop_vars(names.NAME).assign_coords({names.NAME: (names.PLACE, named)})
    for name, values in dataset.variables.items():
        if values.dtype.kind not in "fiub":
            dataset[name] = (values.dims, values.values.astype(str))
    dataset.attrs = {name: str(frame[name].iloc[0]) for name in constant}
    dataset.attrs["note"] = str(frame.attrs.get("note", ""))
    return bytes(dataset.to_netcdf(engine="scipy"))


_WRITERS: Final[dict[str, Callable[[pd.DataFrame], bytes]]] = {
    "csv": _csv,
    "parquet": _parquet,
    "netcdf": _netcdf,
}
