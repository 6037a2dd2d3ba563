"""The examples, each in a process of its own, with the official JavaScript client."""

import pytest

from parts.example import Example
from parts.node import Scenario

pytestmark = pytest.mark.processes

TOKEN = "a token of some length"


def test_the_list_with_fastapi_is_the_same_by_http_and_by_socket():
    """Row 5: one port for both; the admin endpoint tells only those with the token."""
    with Example("with_fastapi", ADMIN_TOKEN=TOKEN) as server, Scenario("items", server.url, ADMIN_TOKEN=TOKEN) as page:
        added, refused, both, (without, instances) = page.finish()

    bread, milk = {"id": 1, "text": "bread"}, {"id": 2, "text": "milk"}
    assert (added, refused) == (milk, "invalid")
    assert both == {"heard": [bread, milk], "items": [bread, milk]}
    assert without == 401
    assert instances["instances"][0]["namespaces"] == {"/": {"clients": 1, "rooms": 0}}


def test_each_document_with_litestar_is_a_world_of_its_own():
    """Row 4: namespaces of a pattern; Row 5: beside Litestar."""
    with Example("with_litestar") as server, Scenario("documents", server.url) as people:
        stranger, edited, lines, left, elsewhere = people.finish()

    assert stranger == "Say who you are"
    assert edited == {"by": "ann", "line": 3, "text": "once"}
    assert lines == {"3": "once"}
    assert left == "bob"
    assert elsewhere == {"elsewhere": 0}
