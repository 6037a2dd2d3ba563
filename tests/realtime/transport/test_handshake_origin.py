"""Which pages may connect."""

import pytest

from chorus.realtime.errors import UsageError
from chorus.realtime.transport.origin import check_origins, is_ours


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "chat.example"),
        ("https://chat.example", "chat.example"),
        ("https://chat.example", "chat.example:443"),
        ("http://chat.example:3000", "chat.example:3000"),
        ("https://CHAT.example", "chat.example"),
        ("http://[::1]:3000", "[::1]:3000"),
    ],
)
def test_a_page_of_this_host_may_connect(origin, host):
    """And a program, which names no origin."""
    assert is_ours(origin, host, None)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example", "chat.example"),
        ("https://chat.example.evil.example", "chat.example"),
        ("http://chat.example:3001", "chat.example:3000"),
        ("https://chat.example", "chat.example:80"),
        ("null", "chat.example"),
        ("", ""),
        ("file://", ""),
        ("https://chat.example", None),
        ("http://[::1", "[::1"),
        ("http://a:b", "a:b"),
    ],
)
def test_a_page_of_another_may_not(origin, host):
    """Nor one that says nothing we understand."""
    assert not is_ours(origin, host, None)


def test_the_operator_may_allow_others():
    """By their origin, or all."""
    assert is_ours("https://a.example", "chat.example", ("https://a.example",))
    assert not is_ours("https://b.example", "chat.example", ("https://a.example",))
    assert is_ours("https://b.example", "chat.example", ("*",))


def test_who_allows_others_keeps_the_pages_of_this_host():
    assert is_ours("https://chat.example", "chat.example", ("https://a.example",))


def test_a_function_may_decide_and_is_not_asked_about_this_host():
    """Previews of a page, each on a host of its own."""
    asked = []

    def allowed(origin):
        asked.append(origin)
        return origin.endswith(".preview.example")

    assert is_ours("https://pr-7.preview.example", "chat.example", check_origins(allowed))
    assert not is_ours("https://evil.example", "chat.example", allowed)
    assert is_ours("https://chat.example", "chat.example", allowed)
    assert is_ours(None, "chat.example", allowed)
    assert asked == ["https://pr-7.preview.example", "https://evil.example", "https://chat.example"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://a.example/",
        "https://a.example/chat",
        "a.example",
        "https://A.example",
        "https://a.example:443",
        "http://a.example:80",
        "http://a:b",
        "*.example",
        "",
    ],
)
def test_what_no_browser_sends_as_an_origin_is_refused(origin):
    """It would allow nobody, and nobody would say why."""
    with pytest.raises(UsageError, match="expected one as browsers send it"):
        check_origins([origin])


def test_origins_of_pages_and_of_applications_are_taken():
    origins = ("https://a.example", "http://localhost:5173", "capacitor://localhost", "file://", "null", "*")

    assert check_origins(list(origins)) == origins
    assert check_origins("https://a.example") == ("https://a.example",)
    assert check_origins(None) is None
