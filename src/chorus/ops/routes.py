"""`/health/live` and `/health/ready`: asked by the manager, load balancers and people."""

from typing import Any, Literal, cast

import msgspec
from litestar import Response, Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import Scope

from chorus.ops.health import Health, Report


class Liveness(msgspec.Struct, frozen=True):
    """The process runs and its event loop turns; nothing else is asked."""

    status: Literal["ok"]
    instance: str
    version: str


class Watched(msgspec.Struct, frozen=True):
    """What the routes tell of; it comes with the request, in its scope under WATCHED."""

    health: Health
    alive: Liveness


WATCHED = "chorus.ops.watched"


@get("/live", operation_id="live", summary="Whether this process runs", sync_to_thread=False)
def _live(scope: Scope) -> Liveness:
    return _watched(scope).alive


@get(
    "/ready",
    operation_id="ready",
    summary="Whether this instance can serve, and what it depends on",
    responses={503: ResponseSpec(Report, description="A required check fails", generate_examples=False)},
)
async def _ready(scope: Scope) -> Response[Report]:
    report = await _watched(scope).health.report()
    return Response(report, status_code=503 if report.status == "unavailable" else 200)


def _watched(scope: Scope) -> Watched:
    return cast("dict[str, Any]", scope)[WATCHED]


HEALTH_ROUTES = Router("/health", route_handlers=[_live, _ready], tags=["health"])
"""They need no sign-in and tell nothing about addresses."""
