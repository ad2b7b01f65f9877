"""Results in the form that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from attraktiv.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["table", "csv", "json", "parquet"]
INTERVALS = {"eti": "equal-tailed", "hdi": "highest-density"}


def write_frame(
    frame: pd.DataFrame,
    format: Format | None,
    out: Path | None,
    as_table: Callable[[pd.DataFrame], str],
) -> None:
    """Write a result to standard output or to a file.

    Parameters
    ----------
    frame
        The result.
    format
        None: what the suffix of ``out`` says, else a table.
    out
        The file; standard output if None.
    as_table
        Makes the table for people.

    Raises
    ------
    InputError
        Parquet without a file, or a file that cannot be written.
    """
    chosen = format or _by_suffix(out)
    if chosen == "parquet" and out is None:
        raise InputError(
            "Parquet is not text and is not written to standard output; name a file: "
            "--format parquet --out FILE.parquet"
        )
    try:
        if chosen == "parquet":
            frame.to_parquet(out, index=False)
        elif out is None:
            typer.echo(_text(frame, chosen, as_table))
        else:
            out.write_text(_text(frame, chosen, as_table) + "\n", encoding="utf-8")
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise InputError(
            f"{out} cannot be written ({error.strerror}). Name a file in a folder that exists: "
            "--out FILE"
        ) from error


def band_name(prob: float, interval: str) -> str:
    """Return the band in words, for example ``80 % equal-tailed``."""
    return f"{100 * prob:g} % {INTERVALS[interval]}"


def _by_suffix(out: Path | None) -> Format:
    suffixes: dict[str, Format] = {".csv": "csv", ".json": "json", ".parquet": "parquet"}
    return suffixes.get(out.suffix.lower(), "table") if out else "table"


def _text(frame: pd.DataFrame, format: Format, as_table: Callable[[pd.DataFrame], str]) -> str:
    if format == "csv":
        return frame.to_csv(index=False).rstrip("\n")
    if format == "json":
        return frame.to_json(orient="records", force_ascii=False, double_precision=15, indent=1)
    return as_table(frame)
