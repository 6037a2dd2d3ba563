"""`/health/live` and `/health/ready`: asked by the manager, load balancers and people."""

from typing import Literal

import msgspec
from litestar import Response, Router, get
from litestar.openapi.datastructures import ResponseSpec

from chorus.ops.health import Health, Report


class Liveness(msgspec.Struct, frozen=True):
    """The process runs and its event loop turns; nothing else is asked."""

    status: Literal["ok"]
    instance: str
    version: str


def health_routes(health: Health, *, instance: str, version: str) -> Router:
    """Make the two routes; they need no sign-in and tell nothing about addresses."""
    alive = Liveness("ok", instance, version)

    @get("/live", operation_id="live", summary="Whether this process runs", sync_to_thread=False)
    def live() -> Liveness:
        return alive

    @get(
        "/ready",
        operation_id="ready",
        summary="Whether this instance can serve, and what it depends on",
        responses={503: ResponseSpec(Report, description="A required check fails", generate_examples=False)},
    )
    async def ready() -> Response[Report]:
        report = await health.report()
        return Response(report, status_code=503 if report.status == "unavailable" else 200)

    return Router("/health", route_handlers=[live, ready], tags=["health"])
