"""Whose word on where a client is counts, one line a case."""

import pytest

from chorus.chat.access.proxies import Proxies

OURS = ("10.0.0.0/24", "::1/128")


@pytest.mark.parametrize(
    ("networks", "remote", "forwarded", "client"),
    [
        (OURS, "192.0.2.1:4711", "", "192.0.2.1"),
        (OURS, "192.0.2.1:4711", "203.0.113.9", "192.0.2.1"),
        (OURS, "10.0.0.7:4711", "", "10.0.0.7"),
        (OURS, "10.0.0.7:4711", "203.0.113.9", "203.0.113.9"),
        (OURS, "10.0.0.7:4711", "1.1.1.1, 203.0.113.9, 10.0.0.8", "203.0.113.9"),
        (OURS, "10.0.0.7:4711", "10.0.0.9, 10.0.0.8", "10.0.0.9"),
        (OURS, "10.0.0.7:4711", "203.0.113.9:80", "203.0.113.9"),
        (OURS, "::1:4711", "[2001:db8::1]:80", "2001:db8::1"),
        (OURS, "::1:4711", "2001:db8::1", "2001:db8::1"),
        (OURS, "10.0.0.7:4711", " , ", "10.0.0.7"),
        (OURS, "10.0.0.7:4711", "x" * 500, "x" * 100),
        (OURS, "203.0.113.9:0", "203.0.113.9", "203.0.113.9"),
        ((), "127.0.0.1:4711", "203.0.113.9", "127.0.0.1"),
        (("*",), "192.0.2.1:4711", "203.0.113.9, 192.0.2.2", "203.0.113.9"),
        (OURS, "", "203.0.113.9", ""),
    ],
)
def test_the_last_address_that_is_no_proxy_of_ours_counts_if_a_proxy_of_ours_says_so(
    networks, remote, forwarded, client
):
    assert Proxies(networks).client_of(remote, forwarded=forwarded) == client
