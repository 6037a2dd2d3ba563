"""Row 26: requests made up from the OpenAPI document find no error of ours, and no answer that it does not describe.

`make schemathesis` does it longer: CHORUS_TEST_EXAMPLES requests for each operation.
"""

import asyncio
import http.cookiejar
import os

import hypothesis
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from parts.databases import fresh_sqlite
from parts.instance import Instance
from parts.people import PASSWORD, account, message

EXAMPLES = int(os.environ.get("CHORUS_TEST_EXAMPLES", "2"))
"""Requests for each operation."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Owner:
    """A program of the owner's, signed in anew for each operation, as one of them signs out."""

    def __init__(self, address):
        self.address = address
        self.session = requests.Session()
        self.session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))  # a program, no page
        self.known = {}

    def sign_in(self):
        self.session.headers.pop("Authorization", None)
        token = self._post("session", {"handle": "ada", "password": PASSWORD})["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def settle(self):
        """Have something there to ask for."""
        self.sign_in()
        channel = self._post("channels", {"name": "plans"})["id"]
        seq = self._post(f"channels/{channel}/messages", message("Hello"))["seq"]
        bot = self._post("bots", {"handle": "helper", "name": "Helper"})["account"]["id"]
        self.known = {"channel_id": channel, "seq": seq, "account_id": bot, "emoji": "👋"}

    def _post(self, path, body):
        answer = self.session.post(f"{self.address}/api/v1/{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()


def ask_everything(owner):
    """Every operation; gives their names, and the failures of those that failed."""
    owner.settle()
    document = owner.session.get(f"{owner.address}/api/v1/openapi.json", timeout=30).json()
    operations = [each.ok() for each in schemathesis.openapi.from_dict(document).get_all_operations()]
    failures = {}
    for operation in operations:
        owner.sign_in()
        try:
            ask(owner, operation)
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - all of them, together
            failures[operation.label] = f"{operation.label}: {error}"
    return [each.label for each in operations], failures


def ask(owner, operation):
    """As the owner and as nobody, within the schema and outside of it, at places that are there and at others."""
    places = {each.name for each in operation.path_parameters}
    known = {name: value for name, value in owner.known.items() if name in places}
    cases = st.one_of(operation.as_strategy(mode) for mode in schemathesis.GenerationMode)

    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(cases, st.booleans(), st.booleans())
    def once(case, there, signed_in):
        if there:
            case.path_parameters.update(known)
        answer = case.call(base_url=owner.address, session=owner.session if signed_in else requests.Session())
        case.validate_response(answer, checks=CHECKS)

    once()


async def test_row_26_no_request_meets_an_error_of_ours_or_an_answer_that_is_not_described(home, tmp_path):
    environment = {
        "CHORUS_HOME": str(home),
        "DATABASE_URL": fresh_sqlite(tmp_path),
        "SOCKET_IO_REDIS_ADAPTER": "false",
        "CHORUS_RATE_LIMIT": "0",
    }
    async with Instance(0, **environment) as instance:
        async with instance.browse() as ada:
            assert (await ada.post("/api/v1/accounts", json=account("ada"))).status_code == 201
        operations, failures = await asyncio.to_thread(ask_everything, Owner(instance.address))

    assert "POST /api/v1/channels/{channel_id}/messages" in operations
    assert failures == {}, "\n\n".join(failures.values())
