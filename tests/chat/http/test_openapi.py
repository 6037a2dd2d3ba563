"""The API's own description, one sentence a test."""

import re

import pytest

from chorus.chat.domain.drafts import MOST_DRAFTS
from chorus.chat.domain.entries import LARGEST_THREAD, MOST_EDITS
from chorus.chat.http import openapi
from chorus.chat.http.application import http_application
from chorus.chat.http.problems import CODES
from chorus.chat.storage.queries.invites import MOST as MOST_INVITES
from chorus.chat.storage.queries.notes import MOST_LISTED


@pytest.fixture(scope="module")
def document():
    return openapi.document(http_application(version="1.2.3"))


def operations(document):
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_it_is_openapi_3_1_and_has_our_version(document):
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["version"] == "1.2.3"


def test_every_route_of_the_api_is_in_it(document):
    assert {operation["operationId"] for operation in operations(document)} == {
        "addMember",
        "bootstrap",
        "changeAccount",
        "changeChannel",
        "changePassword",
        "converse",
        "createBot",
        "createChannel",
        "createCommand",
        "createIncoming",
        "createInvite",
        "createOutgoing",
        "createToken",
        "deleteCommand",
        "deleteIncoming",
        "deleteMessage",
        "deleteOutgoing",
        "describeServer",
        "editMessage",
        "endDevice",
        "exportChannel",
        "exportOwn",
        "exportServer",
        "findMessage",
        "history",
        "joinChannel",
        "leaveChannel",
        "listAccounts",
        "listBots",
        "listAudit",
        "readRetention",
        "setChannelRetention",
        "setRetention",
        "listChannels",
        "listCommands",
        "listDevices",
        "listEmoji",
        "listEdits",
        "listIncoming",
        "listInvites",
        "keepDraft",
        "listDrafts",
        "listMembers",
        "listOutgoing",
        "listPins",
        "listSaved",
        "markRead",
        "me",
        "pin",
        "postToWebhook",
        "previewFile",
        "react",
        "readFile",
        "refresh",
        "removeMember",
        "rename",
        "revokeInvite",
        "revokeToken",
        "runCommand",
        "save",
        "search",
        "sendMessage",
        "signIn",
        "signOut",
        "signUp",
        "thread",
        "unpin",
        "unreact",
        "unsave",
        "uploadFile",
        "withdrawFile",
    }


def test_every_refusal_is_a_problem_document(document):
    """But what is said to programs that were written for Slack, in its words."""
    slacks = {("postToWebhook", status) for status in ("400", "404", "410")}
    for operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                plain = (operation["operationId"], status) in slacks
                expected = "text/plain" if plain else "application/problem+json"
                assert expected in response["content"], operation["operationId"]


def test_every_route_may_be_unavailable(document):
    assert all("503" in operation["responses"] for operation in operations(document))


def test_routes_for_those_signed_in_say_so(document):
    open_to_all = {operation["operationId"] for operation in operations(document) if not operation.get("security")}

    assert open_to_all == {"describeServer", "postToWebhook", "signIn", "signUp"}


def test_what_handlers_get_from_us_is_no_parameter(document):
    parameters = {
        parameter["name"] for operation in operations(document) for parameter in operation.get("parameters", ())
    }

    assert parameters == {
        "Idempotency-Key",
        "account",
        "account_id",
        "act",
        "actor",
        "after",
        "around",
        "before",
        "channel",
        "channel_id",
        "client_id",
        "emoji",
        "file_id",
        "invite",
        "invite_id",
        "limit",
        "name",
        "q",
        "range",
        "seq",
        "session_id",
        "token",
        "token_id",
        "webhook_id",
        "since",
        "until",
    }


def test_row_24_every_code_that_a_route_may_answer_with_is_described_at_one(document):
    described = {
        code
        for operation in operations(document)
        for response in operation["responses"].values()
        for code in CODES
        if f"`{code}`" in response["description"]
    }

    assert described == set(CODES) - {"method_not_allowed"}  # of a path, not of an operation


def test_row_24_every_answer_says_its_request_and_what_is_left_of_the_limit(document):
    always = {"X-Request-Id", "X-Chorus-Instance", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}

    for operation in operations(document):
        for status, response in operation["responses"].items():
            missing = always - set(response["headers"])
            assert not missing, (operation["operationId"], status)


def test_row_24_what_may_be_asked_again_says_when(document):
    for operation in operations(document):
        for status in ("429", "503"):
            assert "Retry-After" in operation["responses"][status]["headers"], operation["operationId"]


def test_row_24_who_is_not_signed_in_is_told_how(document):
    refusals = [each["responses"]["401"] for each in operations(document) if "401" in each["responses"]]

    assert refusals
    assert all("WWW-Authenticate" in each["headers"] for each in refusals)


def test_row_24_every_route_says_what_it_does_and_every_route_with_a_body_which(document):
    for operation in operations(document):
        assert operation["summary"], operation["operationId"]
        assert operation["description"], operation["operationId"]
        if "415" in operation["responses"]:
            assert operation["requestBody"]["content"], operation["operationId"]


def test_row_24_its_schemas_have_the_bounds_that_requests_are_held_to(document):
    [first, *_] = document["paths"]["/api/v1/channels/{channel_id}/messages"]["post"]["parameters"]
    message = document["components"]["schemas"]["NewMessage"]

    assert (first["name"], first["schema"]["minimum"]) == ("channel_id", 1)
    assert message["properties"]["client_id"]["format"] == "uuid"
    assert message["properties"]["client_id"]["description"].startswith("Made by the sender")
    assert message["additionalProperties"] is False


@pytest.mark.parametrize(
    ("operation_id", "bound"),
    [
        ("thread", LARGEST_THREAD),
        ("listEdits", MOST_EDITS - 1),
        ("listPins", MOST_LISTED),
        ("listSaved", MOST_LISTED),
        ("listDrafts", MOST_DRAFTS),
        ("listInvites", MOST_INVITES),
    ],
)
def test_row_24_how_many_an_answer_has_at_most_is_what_its_words_say(document, operation_id, bound):
    [described] = [each for each in operations(document) if each["operationId"] == operation_id]

    assert re.search(rf"newest {bound:,}\b|at most {bound:,}\b", described["description"])


async def test_it_is_served(browse):
    answers = [await browse().get("/api/v1/openapi.json") for _ in range(2)]

    assert answers[0].json()["info"]["title"] == "Chorus"
    assert answers[0].content == answers[1].content
