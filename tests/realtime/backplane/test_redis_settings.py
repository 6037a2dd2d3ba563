"""Each setting of Redis: read as declared, and the URL before the rest."""

import pytest

from chorus.realtime.backplane.settings import RedisSettings


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
        ("http://db", "found http, expected redis://, rediss:// or unix://"),
        ("localhost", "found no scheme"),
        ("unix://run/valkey.sock", "absolute path"),
        ("redis://db/one", "the database is a number, found 'one'"),
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
