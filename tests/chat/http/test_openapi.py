"""The API's own description, one sentence a test."""

import pytest

from chorus.chat.http.application import http_application


@pytest.fixture
def document():
    return http_application(None, origins=(), version="1.2.3").openapi_schema.to_schema()


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
        "createIncoming",
        "createInvite",
        "createToken",
        "deleteIncoming",
        "deleteMessage",
        "describeServer",
        "editMessage",
        "endDevice",
        "findMessage",
        "history",
        "joinChannel",
        "leaveChannel",
        "listAccounts",
        "listBots",
        "listAudit",
        "listChannels",
        "listDevices",
        "listEdits",
        "listIncoming",
        "listInvites",
        "keepDraft",
        "listDrafts",
        "listMembers",
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
                assert list(response["content"]) == [expected], operation["operationId"]


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


async def test_it_is_served(browse):
    answer = await browse().get("/api/v1/openapi.json")

    assert answer.json()["info"]["title"] == "Chorus"
