"""The routes of the API, version 1: each is a question of the query room."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from typing import Annotated, Any, Final, Literal

import pandas as pd
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from attraktiv import __version__
from attraktiv.errors import RunError
from attraktiv.server import questions
from attraktiv.server.answers import Answers, Body, body
from attraktiv.server.forms import MEDIA, SUFFIX
from attraktiv.server.parameters import (
    Ahead,
    Alike,
    Counted,
    Period,
    Probability,
    Ranking,
    Rows,
    RunName,
    Variable,
    Years,
)
from attraktiv.server.served import Served
from attraktiv.server.texts import texts

PREFIX: Final = "/api/v1"
_FIRST_ROWS = 5000  # as the page asks for them


class Page(BaseModel):
    """Rows of an answer."""

    total: int
    offset: int
    note: str
    rows: list[dict[str, Any]]


class Runs(BaseModel):
    """The runs that are served, the first of them first."""

    version: str
    runs: list[dict[str, Any]]
    panel: bool
    map: bool


class Words(BaseModel):
    """Texts and names in a language; ``$name`` in a text is filled in by who shows it."""

    texts: dict[str, str]
    names: dict[str, str]
    kinds: dict[str, str]
    scenarios: dict[str, str]
    units: dict[str, str]
    locale: dict[str, Any]
    glossary: list[dict[str, str]]


class Scenarios(BaseModel):
    """What the forecast of a run supposes."""

    origin: int
    horizon: int
    scenarios: list[str]
    variables: list[str]


class Fault(BaseModel):
    """What is wrong, and what would be right."""

    error: str


def _described(model: type[BaseModel], *, files: bool = True) -> dict[int | str, dict[str, Any]]:
    """Return the responses of a route, as its OpenAPI description lists them."""
    media: dict[str, Any] = {}
    if files:
        binary = {"schema": {"type": "string", "format": "binary"}}
        media = {"text/csv": {"schema": {"type": "string"}}}
        media |= {MEDIA[form]: binary for form in ("parquet", "netcdf")}
    return {
        200: {"model": model, "content": media},
        304: {"description": "Not modified: the ETag is that of If-None-Match."},
        **{status: {"model": Fault} for status in (400, 404, 422)},
    }


_PAGED = _described(Page)


def router(served: Served, answers: Answers) -> APIRouter:
    """Return the routes over what is served.

    Parameters
    ----------
    served
        Runs, and the panel.
    answers
        Where answers are kept.
    """
    api = APIRouter(prefix=PREFIX, default_response_class=Response)

    async def rows(
        request: Request,
        name: str,
        run: str,
        asked: Rows,
        compute: Callable[[], pd.DataFrame],
    ) -> Response:
        def computed() -> pd.DataFrame:
            frame = compute()
            served.run(run)  # it may have been replaced while its draws were read
            return frame

        question: Hashable = (name, run, asked.key())
        found = await answers.rows(question, computed, asked.format, asked.offset, asked.limit)
        response = _sent(request, found)
        if asked.format != "json":
            file = f"{run}-{name.replace('/', '-')}.{SUFFIX[asked.format]}"
            response.headers["content-disposition"] = f'attachment; filename="{file}"'
        return response

    @api.get("/runs", responses=_described(Runs, files=False))
    async def runs(request: Request) -> Response:
        """The runs, and what each can be asked."""
        return _sent(
            request,
            _json(
                {
                    "version": __version__,
                    "runs": [run.facts for run in served.runs.values()],
                    "panel": served.panel is not None,
                    "map": served.outlines is not None,
                }
            ),
        )

    @api.get("/runs/{run}/places", responses=_PAGED)
    async def places(request: Request, run: RunName, asked: Annotated[Rows, Query()]) -> Response:
        """The places of a run, sorted by name, with their groups."""
        return await rows(request, "places", run, asked, lambda: questions.places(served, run))

    @api.get("/words/{language}", responses=_described(Words, files=False))
    async def words(request: Request, language: Literal["nb", "en"]) -> Response:
        """The texts of the page, names of what is stored, and how numbers are written."""
        return _sent(request, _json(texts(served, language)))

    @api.get("/geometry", responses=_described(BaseModel, files=False))
    async def geometry(request: Request) -> Response:
        """The outlines of the places, GeoJSON, WGS84."""
        if served.outlines is None:
            raise RunError(
                "No outlines are served: the panel was not given, or has no places.geojson. "
                "attraktiv serve RUN --panel PANEL"
            )
        return _sent(request, _json(served.outlines))

    @api.get("/runs/{run}/attractiveness", responses=_PAGED)
    async def attractiveness(
        request: Request, run: RunName, asked: Annotated[Ranking, Query()]
    ) -> Response:
        """Places or groups by attractiveness, the highest first, with bands and ranks."""
        return await rows(
            request, "attractiveness", run, asked, lambda: questions.ranking(served, run, asked)
        )

    @api.get("/runs/{run}/decomposition", responses=_PAGED)
    async def decomposition(
        request: Request, run: RunName, asked: Annotated[Period, Query()]
    ) -> Response:
        """The terms that growth is the sum of, with bands."""
        return await rows(
            request,
            "decomposition",
            run,
            asked,
            lambda: questions.decomposition(served, run, asked),
        )

    @api.get("/runs/{run}/bands/{variable}", responses=_PAGED)
    async def bands(
        request: Request, run: RunName, variable: Variable, asked: Annotated[Years, Query()]
    ) -> Response:
        """A variable of the fit: one row for each place and year, with bands."""
        return await rows(
            request,
            f"bands/{variable}",
            run,
            asked,
            lambda: questions.variable(served, run, variable, asked),
        )

    @api.get("/runs/{run}/series/{variable}", responses=_PAGED)
    async def series(
        request: Request, run: RunName, variable: Variable, asked: Annotated[Years, Query()]
    ) -> Response:
        """The same with one row for each place: its years and numbers as lists. JSON only."""
        return await rows(
            request,
            f"series/{variable}",
            run,
            asked.model_copy(update={"format": "json"}),
            lambda: questions.as_series(questions.variable(served, run, variable, asked)),
        )

    @api.get("/runs/{run}/scenarios", responses=_described(Scenarios, files=False))
    async def scenarios(request: Request, run: RunName) -> Response:
        """The scenarios of the forecast, its years and its variables."""
        forecast = served.run(run).facts["forecast"]
        if forecast is None:
            raise RunError(
                f"The run {run} has no forecast. Make one: attraktiv forecast RUN PANEL --horizon N"
            )
        return _sent(request, _json(forecast))

    @api.get("/runs/{run}/forecasts/{variable}", responses=_PAGED)
    async def forecasts(
        request: Request, run: RunName, variable: Variable, asked: Annotated[Ahead, Query()]
    ) -> Response:
        """A variable of the forecast, by scenario, with bands."""
        return await rows(
            request,
            f"forecasts/{variable}",
            run,
            asked,
            lambda: questions.ahead(served, run, variable, asked),
        )

    @api.get("/runs/{run}/probability", responses=_PAGED)
    async def probability(
        request: Request, run: RunName, asked: Annotated[Probability, Query()]
    ) -> Response:
        """The probability of more, or fewer, residents than a threshold."""
        return await rows(
            request, "probability", run, asked, lambda: questions.probability(served, run, asked)
        )

    @api.get("/runs/{run}/counts/{variable}", responses=_PAGED)
    async def counts(
        request: Request, run: RunName, variable: Variable, asked: Annotated[Counted, Query()]
    ) -> Response:
        """A count of the panel, such as jobs or population_by_age."""
        return await rows(
            request,
            f"counts/{variable}",
            run,
            asked,
            lambda: questions.counted(served, run, variable, asked),
        )

    @api.get("/runs/{run}/like", responses=_PAGED)
    async def like(request: Request, run: RunName, asked: Annotated[Alike, Query()]) -> Response:
        """The places whose structure is most like that of a place."""
        return await rows(request, "like", run, asked, lambda: questions.alike(served, run, asked))

    return api


async def first_view(served: Served, answers: Answers) -> None:
    """Compute what the page shows first, so that nobody waits for it."""
    run = next(iter(served.runs))
    everything, all_places = Ranking.model_validate({}), Rows.model_validate({})
    for name, key, compute in (
        ("attractiveness", everything.key(), lambda: questions.ranking(served, run, everything)),
        ("places", all_places.key(), lambda: questions.places(served, run)),
    ):
        await answers.rows((name, run, key), compute, "json", 0, _FIRST_ROWS)


def _json(value: Any) -> Body:
    return body(json.dumps(value, ensure_ascii=False).encode(), MEDIA["json"])


def _sent(request: Request, found: Body) -> Response:
    """Return an answer, or only that the browser has it already."""
    headers = {"etag": found.etag, "cache-control": "no-cache"}
    marks = [mark.strip() for mark in request.headers.get("if-none-match", "").split(",")]
    if found.etag in marks:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media, headers=headers)
