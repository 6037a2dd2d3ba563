"""Which requests are taken for forged ones, one sentence a test."""

import pytest

from chorus.chat.access.origin import forgery, is_ours

HOST = "chat.example.com"


def post(*, has_cookies=True, allowed=(), **headers):
    fields = {"host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
    return forgery("POST", fields, has_cookies=has_cookies, allowed=allowed)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_safe_methods_pass_from_anywhere(method):
    """They change nothing, and links from other sites must work."""
    assert forgery(method, {"host": HOST, "origin": "https://evil.example"}, has_cookies=True) is None


def test_the_pages_own_request_passes():
    assert post(origin="https://chat.example.com") is None


def test_another_sites_request_with_our_cookies_is_refused_by_name():
    assert post(origin="https://evil.example") == "the origin 'https://evil.example' is not ours"


def test_another_sites_request_without_cookies_is_refused_too():
    """It would sign the victim in as the attacker."""
    assert post(origin="https://evil.example", has_cookies=False) is not None


def test_cookies_without_a_word_about_the_origin_are_refused():
    assert "Origin header" in post()


def test_a_program_without_cookies_and_origin_passes():
    assert post(has_cookies=False) is None


def test_fetch_metadata_of_the_same_origin_suffice():
    """A proxy may have rewritten the Host; no script can write this header."""
    assert post(sec_fetch_site="same-origin", origin="https://public.example") is None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_other_fetch_metadata_do_not_suffice(site):
    assert post(sec_fetch_site=site, has_cookies=False) is not None


def test_a_bearer_token_needs_no_origin():
    """No browser adds it by itself."""
    assert post(authorization="Bearer abc", origin="https://evil.example") is None


def test_basic_credentials_do_not_excuse_a_foreign_origin():
    """A browser does add those by itself, and then our cookie would decide who asks."""
    assert post(authorization="Basic YTpi", origin="https://evil.example") is not None


def test_an_allowed_origin_passes():
    assert post(origin="https://app.example", allowed={"https://app.example"}) is None


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://chat.example.com", "chat.example.com"),
        ("https://chat.example.com", "chat.example.com:443"),
        ("http://chat.example.com:80", "chat.example.com"),
        ("http://127.0.0.1:3000", "127.0.0.1:3000"),
        ("http://[::1]:3000", "[::1]:3000"),
        ("https://CHAT.example.com", "chat.example.com"),
    ],
)
def test_the_same_host_and_port_are_ours(origin, host):
    assert is_ours(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("null", "chat.example.com"),
        ("", "chat.example.com"),
        ("", ""),
        ("https://chat.example.com.evil.example", "chat.example.com"),
        ("https://evil.chat.example.com", "chat.example.com"),
        ("http://127.0.0.1:3001", "127.0.0.1:3000"),
        ("http://localhost:3000", "127.0.0.1:3000"),
        ("http://chat.example.com:99999999", "chat.example.com"),
        ("http://[::1", "[::1"),
        ("ftp://chat.example.com", "chat.example.com"),
        ("https://", ""),
    ],
)
def test_everything_else_is_foreign(origin, host):
    assert not is_ours(origin, host)
