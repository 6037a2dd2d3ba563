"""Each setting of Redis: read as declared, and the URL before the rest."""

import pytest

from chorus.realtime.backplane.settings import RedisSettings, Topology


def test_the_defaults_are_the_operators():
    settings = RedisSettings()

    address = settings.address()
    assert (address.host, address.port, address.password, address.database) == ("localhost", 6379, "", 0)
    assert (settings.retry_delay, settings.max_retries, settings.lazy_connect) == (0.1, 3, False)
    assert (settings.keep_alive, settings.connect_timeout, settings.command_timeout) == (30.0, 10.0, 5.0)


def test_a_url_goes_before_the_separate_settings():
    settings = RedisSettings(
        host="other", port=1, password="other", database=3, url="redis://me:a%40b@db.example:7000/2"
    )

    address = settings.address()

    assert (address.host, address.port, address.place) == ("db.example", 7000, "db.example:7000")
    assert (address.username, address.password, address.database) == ("me", "a@b", 2)


def test_what_a_url_leaves_open_the_separate_settings_fill():
    address = RedisSettings(password="secret", database=3, url="redis://db.example").address()

    assert (address.port, address.password, address.database) == (6379, "secret", 3)


def test_a_url_may_name_a_unix_socket():
    address = RedisSettings(url="unix:///run/valkey.sock?db=4").address()

    assert (address.path, address.database, address.place) == ("/run/valkey.sock", 4, "/run/valkey.sock")


def test_an_address_of_version_six_is_shown_in_brackets():
    assert RedisSettings(url="redis://[::1]:7000").address().place == "[::1]:7000"


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://db", "found http, expected redis://, rediss://, redis+sentinel://"),
        ("localhost", "found no scheme"),
        ("unix://run/valkey.sock", "expected an absolute path"),
        ("redis://db/one", "found database 'one', expected a number"),
        ("redis://db:port/0", "REDIS_URL: "),
    ],
)
def test_a_url_that_cannot_be_used_is_named_and_why(url, complaint):
    with pytest.raises(ValueError, match="REDIS_URL") as caught:
        RedisSettings(url=url).address()

    assert complaint in str(caught.value)


def test_the_complaint_about_a_url_does_not_hold_the_password():
    with pytest.raises(ValueError, match="REDIS_URL") as caught:
        RedisSettings(url="http://me:s3cret@db").address()

    assert "s3cret" not in str(caught.value)


def test_a_url_may_name_a_cluster_by_some_of_its_nodes():
    """Row 12."""
    address = RedisSettings(port=7000, url="redis+cluster://me:pw@a.example:7001,b.example,[::1]:7003").address()

    assert address.topology is Topology.CLUSTER
    assert address.nodes == (("a.example", 7001), ("b.example", 7000), ("::1", 7003))
    assert (address.username, address.password, address.tls, address.database) == ("me", "pw", False, 0)
    assert address.place == "a.example:7001,b.example:7000,[::1]:7003"


def test_a_url_may_name_a_master_that_sentinels_know():
    """Row 12."""
    address = RedisSettings(
        url="rediss+sentinel://:pw@a.example,b.example:27000/mymaster/3?sentinel_password=s"
    ).address()

    assert (address.topology, address.service, address.database) == (Topology.SENTINEL, "mymaster", 3)
    assert address.nodes == (("a.example", 26379), ("b.example", 27000))
    assert (address.password, address.sentinel_password, address.tls) == ("pw", "s", True)
    assert address.place == "mymaster of a.example:26379,b.example:27000"
    assert address.sentinel("a.example", 26379).password == "s"


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("redis+sentinel://a,b", "found no name of a master"),
        ("redis+cluster://a/2", "found database 2"),
        ("redis+else://a", "found redis+else"),
        ("redis://a,b", "found 2 hosts, expected one"),
        ("redis+cluster://a:x", "REDIS_URL: "),
        ("rediss://a?ssl_cert_reqs=none", "found the parameter ssl_cert_reqs"),
        ("redis+sentinel://a/m?sentinel_pasword=s", "found the parameter sentinel_pasword"),
        ("redis://a?timeout", "found the parameter timeout"),
    ],
)
def test_a_url_of_several_servers_that_cannot_be_used_is_named_and_why(url, complaint):
    with pytest.raises(ValueError, match="REDIS_URL") as caught:
        RedisSettings(url=url).address()

    assert complaint in str(caught.value)
