"""A run becomes a report in a file."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import xarray as xr

from attraktiv.atomic import replacing
from attraktiv.effects import choice
from attraktiv.effects.intervals import check_interval
from attraktiv.errors import InputError
from attraktiv.progress import progress
from attraktiv.reports.about import about_sections
from attraktiv.reports.country import all_places, country_sections
from attraktiv.reports.document import Document, Section
from attraktiv.reports.drawing import draw
from attraktiv.reports.markdown import as_markdown
from attraktiv.reports.material import Material, gather
from attraktiv.reports.page import as_html
from attraktiv.reports.phrases import Phrases
from attraktiv.reports.place import place_section
from attraktiv.reports.printing import find_browser, print_page
from attraktiv.reports.record import record_section
from attraktiv.store import open_run
from attraktiv.words import require_language

Format = Literal["html", "md", "pdf"]
FORMATS: Final = ("html", "md", "pdf")
MOST_PLACES: Final = 40
_PICTURES: Final = (".png", ".svg")
_MARK: Final = "attraktiv-figures.txt"


def report(
    run: xr.DataTree | str | Path,
    out: str | Path,
    *,
    panel: str | Path | None = None,
    places: Sequence[str] = (),
    language: str = "nb",
    format: Format | None = None,
    figures: str | Path | None = None,
    backtest: str | Path | None = None,
    prob: float = 0.8,
    force: bool = False,
) -> Path:
    """Write a report on a run: how attractive, how sure, why, and what next.

    Nothing is estimated: the report asks the run and writes down the answers.

    Parameters
    ----------
    run
        A run, or where it is stored.
    out
        The file.
    panel
        The panel folder that the run was fitted to. It adds a map, the population before and
        after the fit, and projections by others.
    places
        Codes or names; a section for each. None for the whole country: a map, a ranking, the
        forecast of the nation and a table of all places.
    language
        ``nb`` or ``en``.
    format
        ``html``: one page that needs no network. ``md``: text and tables. ``pdf``: the page,
        printed by Chromium or Chrome. By default what the file's ending says.
    figures
        A folder that is made for the charts, each as PNG and as SVG.
    backtest
        A backtest of the run's model, which :func:`attraktiv.backtest` wrote: how good its
        forecasts have been.
    prob
        Probability of the bands.
    force
        Replace a report, or a folder of charts, that is there.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        A language, format, probability or number of places that is not valid; a file that is
        there without `force`, or cannot be written; no browser to print with; a backtest of other
        models.
    RunError
        The run is no run, or lacks a place; the backtest is none.
    PanelError
        The panel is wrong.
    """
    require_language(language)
    check_interval(prob, "eti")
    target = Path(out)
    chosen = _format(target, format)
    _require_free(target, force)
    if figures is not None:
        _require_ours(Path(figures), force)
    if chosen == "pdf":
        find_browser()
    tree = run if isinstance(run, xr.DataTree) else open_run(run)
    codes = _codes(tree, places)
    with progress("reading the run") as update:
        material = gather(tree, panel, Phrases(language, prob), backtest)
        document = compose(material, codes)
    total = len(list(document.figures())) * (1 + (figures is not None))
    with progress("drawing", total=total) as update:
        pictures = {}
        if figures is not None:
            pictures = _draw(document, Path(figures), update, force=force)
        if chosen == "md":
            beside = {name: _relative(path, target) for name, path in pictures.items()}
            content = as_markdown(document, beside)
        else:
            content = as_html(document, update)
        _write(content, target, chosen, force=force)
    return target


def compose(material: Material, codes: Sequence[str] = ()) -> Document:
    """Return the report before it is a page.

    Parameters
    ----------
    material
        What it is made of.
    codes
        Places; none for the whole country.
    """
    say, one = material.say, material.league.iloc[0]
    years = {end: int(one[end]) for end in ("first", "last")}
    sections: list[Section] = []
    if codes:
        sections += [place_section(material, code) for code in codes]
        named = [section.heading for section in sections]
        title = say("title_places", places=say.listed(named), **years)
    else:
        sections += [*country_sections(material), all_places(material)]
        title = say("title", **years)
    if material.record is not None:
        sections.append(record_section(material.record, say))
    attrs = material.run.attrs
    panel = str(attrs.get("panel_title", "")).strip().rstrip(".")
    subtitle = say("subtitle", panel=panel, model=str(attrs.get("model", "")))
    return Document(title, subtitle, say.language, [*sections, *about_sections(material)])


def _codes(run: xr.DataTree, places: Sequence[str]) -> list[str]:
    wanted = [places] if isinstance(places, str) else list(places)
    if not wanted:
        return []
    codes = choice.place_codes(run)
    found = [codes[i] for i in choice.find_places(run, wanted)]
    if len(found) > MOST_PLACES:
        raise InputError(
            f"A report tells of up to {MOST_PLACES} places one by one; asked for were "
            f"{len(found)}. Without --place it has a table of all places."
        )
    return found


def _format(out: Path, format: str | None) -> str:
    chosen = format or out.suffix.lower().removeprefix(".")
    chosen = {"htm": "html", "markdown": "md"}.get(chosen, chosen)
    if chosen not in FORMATS:
        raise InputError(
            f"A report is written as {', '.join(FORMATS)}; found {format or out.name!r}. For "
            f"example: --out {out.stem or 'report'}.html, or --format html"
        )
    return chosen


def _require_free(out: Path, force: bool) -> None:
    if out.is_dir():
        raise InputError(
            f"{out} is a folder; a report is one file. Name it: --out {out / 'report.html'}"
        )
    if out.exists() and not force:
        raise InputError(f"{out} is there already. Choose another name, or replace it: --force")
    if not out.parent.is_dir():
        raise InputError(
            f"The folder {out.parent} does not exist, so {out.name} cannot be written there. Make "
            f"it first, or write elsewhere: --out {out.name}"
        )


def _require_ours(folder: Path, force: bool) -> None:
    if not folder.exists():
        return
    if not (folder / _MARK).is_file():
        raise InputError(
            f"{folder} exists and is not a folder of charts that a report wrote, so nothing in it "
            "is replaced. Choose another: --figures FOLDER"
        )
    if not force:
        raise InputError(
            f"{folder} is there already. Choose another folder, or replace it: --force"
        )


def _draw(
    document: Document, folder: Path, update: Callable[[], None], *, force: bool
) -> dict[str, Path]:
    """Write every chart, the folder whole or not at all; return the SVG of each."""
    pictures = {}
    with replacing(folder, beside=folder.parent, label=folder.name, force=force) as unfinished:
        (unfinished / _MARK).write_text(
            "Written by `attraktiv report --figures`, which may replace this folder.\n", "utf-8"
        )
        for number, figure in enumerate(document.figures(), start=1):
            # the code of a place may hold what no file name can
            name = "".join(c if c.isalnum() or c in "-." else "_" for c in figure.name)
            name = f"{number:02d}-{name}"
            for suffix in _PICTURES:
                draw(figure.chart, unfinished / f"{name}{suffix}", language=document.language)
            pictures[figure.name] = folder / f"{name}.svg"
            update()
    return pictures


def _relative(path: Path, out: Path) -> str:
    return Path(os.path.relpath(path, out.parent)).as_posix().replace(" ", "%20")


def _write(content: str, out: Path, format: str, *, force: bool) -> None:
    try:
        with _whole(out, force=force) as unfinished:
            if format == "pdf":
                print_page(content, unfinished)
            else:
                unfinished.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{out} cannot be written ({error.strerror}). Name a file in a folder that can be "
            "written to: --out FILE"
        ) from error


@contextmanager
def _whole(out: Path, *, force: bool) -> Iterator[Path]:
    """Yield a hidden file that takes its place when it is complete."""
    unfinished = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    try:
        yield unfinished
        _require_free(out, force)  # nothing may have come there meanwhile
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)


__all__ = ["compose", "report"]
