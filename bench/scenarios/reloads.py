"""Reloads under load: every server is replaced by a new one while clients come."""

from bench.churn import churn
from bench.scenario import Comparison, Request, Scenario


def run(request: Request) -> Comparison:
    """Measure every manager in turn.

    Raises:
        ScenarioFailed: a manager or the load did not start.
    """
    title = "reloads of 2 servers; 32 clients, a new connection for each request"
    return churn(request, lambda manager: manager.reload(), title=title, each="s a reload")


SCENARIO = Scenario("reloads", "20 reloads under new connections, beside PM2, uvicorn, gunicorn: what fails", run)
