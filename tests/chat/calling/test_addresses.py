"""Row 16: what may be called."""

import pytest

from chorus.chat.calling.addresses import may_call, networks_of, target_of
from chorus.chat.domain.errors import Invalid

HTTPS, HTTP = target_of("https://example.org/hook"), target_of("http://example.org/hook")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_the_public_internet_is_called_by_https_alone(address):
    assert may_call(address, HTTPS, ())
    assert not may_call(address, HTTP, ())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "255.255.255.255", "224.0.0.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:0:7f00:1::",
        "fec0::1", "feff::1", "::7f00:1", "::169.254.169.254", "::ffff:0:127.0.0.1", "::ffff:0:169.254.169.254",
        "2a00:1450::5efe:127.0.0.1", "2a00:1450::200:5efe:10.1.2.3", "4000::1", "5f00::1", "100:0:0:1::1",
        "192.88.99.1",
    ],
)  # fmt: skip
def test_nothing_else_is_called(address):
    """No surprise on this side of the firewall."""
    assert not may_call(address, HTTPS, ())


def test_what_the_operator_lists_is_called_also_by_http():
    networks = networks_of(["10.0.0.0/8", "::1"])

    assert may_call("10.1.2.3", HTTP, networks)
    assert may_call("::ffff:10.1.2.3", HTTP, networks)
    assert may_call("::1", HTTPS, networks)
    assert not may_call("11.1.2.3", HTTP, networks)
    assert not may_call("127.0.0.1", HTTP, networks)


def test_a_url_is_taken_apart():
    target = target_of("https://Example.org:8443/a/b?c=d#e")

    assert (target.secure, target.host, target.port, target.path) == (True, "example.org", 8443, "/a/b?c=d")
    assert target.authority == "example.org:8443"
    assert target_of("http://[::1]").authority == "[::1]"


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org", "https://", "https://a:b@example.org", "https://example.org:x",
     "https://example.org:0", "https://exa mple.org", "https://example.org/\r\nx: y", "https://[::1", "file:///etc",
     "https://ex\u00e4mple.org", "https://example.org/" + "a" * 2000],
)  # fmt: skip
def test_what_is_no_url_to_call_is_refused(url):
    with pytest.raises(Invalid):
        target_of(url)
