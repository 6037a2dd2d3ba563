"""Which pages may connect."""

import pytest

from chorus.realtime.transport.origin import is_ours


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
    assert is_ours("https://a.example", "chat.example", ["https://a.example"])
    assert not is_ours("https://b.example", "chat.example", ["https://a.example"])
    assert is_ours("https://b.example", "chat.example", ["*"])


def test_who_allows_others_keeps_the_pages_of_this_host():
    assert is_ours("https://chat.example", "chat.example", ["https://a.example"])
