"""The API answers as its OpenAPI description says, whatever is asked."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema
from tests.unit.fake_forecast import fake_forecast
from tests.unit.runs import fake_run

from attraktiv.server.application import application
from attraktiv.server.served import open_served
from attraktiv.store import append_group, write_run

HEADERS = {"host": "127.0.0.1"}
RUN = "/api/v1/runs/{run}"
ROUTES = (
    *("/api/v1/runs", "/api/v1/words/{language}", "/api/v1/geometry"),
    *(f"{RUN}/{name}" for name in ("places", "attractiveness", "decomposition", "scenarios")),
    *(f"{RUN}/{name}/{{variable}}" for name in ("bands", "series", "forecasts", "counts")),
    *(f"{RUN}/{name}" for name in ("probability", "like")),
)
#: Values that exist, so that more than refusals is tried.
KNOWN = {"run": "run", "variable": "attractiveness", "language": "nb"}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> BaseSchema:
    """The API over one run with a forecast, called ``run``."""
    tree = fake_run("joint", draws=5)
    path = write_run(tree, tmp_path_factory.mktemp("served") / "run")
    append_group(path, "forecast", fake_forecast(tree, draws=3, horizon=4))
    app = application(open_served([path], None), hosts=["127.0.0.1"])
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=HEADERS)


def test_the_description_names_every_route(described: BaseSchema) -> None:
    assert set(described.raw_schema["paths"]) == set(ROUTES)


@pytest.mark.parametrize("known", [True, False], ids=["known", "anything"])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_is_as_described(
    described: BaseSchema, route: str, mode: GenerationMode, known: bool
) -> None:
    operation = described[route]["GET"]
    if mode is GenerationMode.NEGATIVE and not operation.query and not operation.path_parameters:
        pytest.skip("nothing can be asked wrongly")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: schemathesis.Case) -> None:
        if known and mode is GenerationMode.POSITIVE:
            case.path_parameters = {name: KNOWN[name] for name in case.path_parameters or {}}
        case.call_and_validate(headers=HEADERS)

    check()
