"""The application: the API, the page, and what they say when something is wrong."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from attraktiv import __version__
from attraktiv.errors import AttraktivError, RunError
from attraktiv.server.answers import Answers
from attraktiv.server.api import PREFIX, first_view, router
from attraktiv.server.guard import Guard
from attraktiv.server.served import Served

_PAGE = Path(__file__).parent / "page"
_NOT_FOUND = 404


def application(served: Served, *, hosts: Sequence[str]) -> FastAPI:
    """Return the ASGI application.

    Parameters
    ----------
    served
        Runs, and the panel.
    hosts
        Names that a request may know the server by, beside ``localhost``.
    """
    answers = Answers()

    @asynccontextmanager
    async def ready(_: FastAPI) -> AsyncIterator[None]:
        await first_view(served, answers)
        await asyncio.to_thread(_chart_library)
        yield

    app = FastAPI(
        lifespan=ready,
        title="attraktiv",
        description="Attractiveness of places: bands, rankings, decomposition and forecasts.",
        version=__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # their pages would fetch scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_exception_handler(AttraktivError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _failed)
    app.include_router(router(served, answers))

    @app.get("/charts-library.js", include_in_schema=False)
    def charts() -> Response:
        """Vega-Lite, from the library that draws charts elsewhere."""
        return Response(_chart_library(), media_type="text/javascript")

    app.mount("/", StaticFiles(directory=_PAGE, html=True, follow_symlink=False))
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(Guard, hosts=tuple(hosts))
    return app


@functools.cache
def _chart_library() -> bytes:
    import vl_convert

    return vl_convert.javascript_bundle(None).encode()


async def _ours(_: Request, error: Exception) -> JSONResponse:
    status = _NOT_FOUND if isinstance(error, RunError) else 400
    return _fault(status, str(error))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return _fault(422, "; ".join(_sentence(one) for one in error.errors()))


def _sentence(fault: dict[str, Any]) -> str:
    where = " ".join(str(part) for part in fault["loc"][1:])
    return f"{where}: {fault['msg']}"


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    response = _fault(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _failed(_: Request, error: Exception) -> JSONResponse:
    return _fault(
        500, "The server failed at this question; what went wrong stands where it was started."
    )


def _fault(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status)
