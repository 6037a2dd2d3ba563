"""The environment becomes settings, or every wrong variable is named."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.storage.urls import SqliteUrl, parse_database_url
from chorus.entry.settings import SettingsError, Stage, declarations, from_environment
from chorus.entry.settings import page as settings_page
from chorus.realtime import RedisSettings

SECRET = "s" * 32
PRODUCTION = {"HOME": "/home/ada", "CHORUS_ENV": "production", "REDIS_PASSWORD": "pw", "JWT_SECRET": SECRET}


def problems(**environment: str) -> list[str]:
    """The lines of the error that an environment gives."""
    with pytest.raises(SettingsError) as caught:
        from_environment(environment)
    return str(caught.value).splitlines()


def test_an_empty_environment_gives_the_defaults_of_development():
    """Nothing needs to be set: the operators' figures are the defaults, in seconds."""
    settings = from_environment({"HOME": "/home/ada"})

    assert (settings.stage, settings.production) == (Stage.DEVELOPMENT, False)
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 3000)
    assert settings.web.rate_limit == 1200  # on, unless it is taken away
    assert settings.home == "/home/ada/.chorus"
    assert settings.database.url == "sqlite:////home/ada/.chorus/data/chat.db"
    assert settings.database.connection_limit == 10
    redis = settings.redis
    assert (redis.host, redis.port, redis.password, redis.database) == ("localhost", 6379, "", 0)
    assert (redis.retry_delay, redis.max_retries, redis.lazy_connect) == (0.1, 3, False)
    assert (redis.keep_alive, redis.connect_timeout, redis.command_timeout) == (30.0, 10.0, 5.0)
    assert (redis.adapter, redis.bundled, redis.url) == (True, True, "unix:///home/ada/.chorus/run/valkey.sock")


def test_production_has_its_own_defaults():
    """It listens on every address and takes more database connections."""
    settings = from_environment(PRODUCTION)

    assert settings.production
    assert settings.web.host == "0.0.0.0"
    assert settings.database.connection_limit == 15


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", ()),
        ("https://chat.example", ("https://chat.example",)),
        (
            "https://Chat.example:443/, http://10.0.0.1:8080,http://[::1]:80",
            ("https://chat.example", "http://10.0.0.1:8080", "http://[::1]"),
        ),
    ],
)
def test_origins_are_read_as_browsers_write_them(text: str, origins: tuple[str, ...]):
    """In lower case, and without the port that the scheme has anyway."""
    assert from_environment({"CHORUS_ORIGINS": text}).web.origins == origins


@pytest.mark.parametrize(
    "text", ["chat.example", "ftp://chat.example", "https://", "https://chat.example/page", "https://a:b", "*", "null"]
)
def test_what_is_no_origin_is_refused(text: str):
    """A wildcard, too: it would let every page use a signed-in browser."""
    [line] = problems(CHORUS_ORIGINS=f"https://a.example,{text}")

    assert line.startswith("CHORUS_ORIGINS: found ")


def test_proxies_are_addresses_and_networks_or_all():
    assert from_environment({"FORWARDED_ALLOW_IPS": "10.0.0.0/24, ::1"}).web.proxies == ("10.0.0.0/24", "::1/128")
    assert from_environment({"FORWARDED_ALLOW_IPS": "*"}).web.proxies == ("*",)


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.1/24", "10.0.0", "10.0.0.1,*"])
def test_a_proxy_that_is_no_address_is_refused(text: str):
    """Its clients would otherwise all seem to be at its own address, and nobody would be told."""
    [line] = problems(FORWARDED_ALLOW_IPS=text)

    assert line.startswith("FORWARDED_ALLOW_IPS: found ")


@pytest.mark.parametrize("missing", ["REDIS_PASSWORD", "JWT_SECRET"])
def test_production_without_a_secret_is_refused_and_the_variable_named(missing: str):
    """Each of the two secrets is required, and an empty one is none."""
    lines = problems(**{**PRODUCTION, missing: ""})

    assert lines == [f"{missing}: found nothing, expected a value: production does not start without it"]


def test_a_password_in_the_redis_url_is_the_redis_password():
    """The URL alone is enough in production, and its escapes are undone."""
    settings = from_environment({**PRODUCTION, "REDIS_PASSWORD": "", "REDIS_URL": "redis://:p%40ss@cache:6380/2"})

    assert settings.redis.password == "p@ss"
    assert not settings.redis.bundled


def test_a_redis_url_may_name_the_nodes_of_a_cluster_by_ipv6_addresses():
    """`urlsplit` refuses them behind a comma in some releases of Python."""
    url = "redis+cluster://:pw@a.example:7001,[::1]:7003"

    settings = from_environment({**PRODUCTION, "REDIS_PASSWORD": "", "REDIS_URL": url})

    assert (settings.redis.url, settings.redis.password) == (url, "pw")


def test_a_short_signing_key_is_refused_in_production_alone():
    """HS256 wants 32 bytes; a laptop may do with less."""
    assert problems(**{**PRODUCTION, "JWT_SECRET": "short"}) == ["JWT_SECRET: found 5 bytes, expected 32 bytes or more"]
    assert from_environment({"JWT_SECRET": "short"}).accounts.jwt_secret == "short"


def test_old_names_are_read_and_our_own_name_wins():
    """The operators' variables work as they are."""
    assert from_environment({"PRISMA_CONNECTION_LIMIT": "7"}).database.connection_limit == 7
    assert from_environment({"PM2_INSTANCE_ID": "3"}).instance == "3"
    assert from_environment({**PRODUCTION, "CHORUS_ENV": "", "NODE_ENV": "production"}).production

    both = {"DATABASE_CONNECTION_LIMIT": "8", "PRISMA_CONNECTION_LIMIT": "7"}
    assert from_environment(both).database.connection_limit == 8


@pytest.mark.parametrize("name", ["REDIS_HOST", "REDIS_PORT"])
def test_naming_a_redis_elsewhere_turns_the_bundled_one_off(name: str):
    """One of the two is enough; there is no URL then."""
    settings = from_environment({name: "6380"})

    assert not settings.redis.bundled
    assert settings.redis.url == ""


def test_every_wrong_variable_is_named_at_once():
    """One run tells the operator everything."""
    lines = problems(PORT="http", REDIS_DB="-1", CHORUS_ENV="staging", REDIS_KEEP_ALIVE="30s", CHORUS_SIGN_UP="maybe")

    assert lines == [
        "CHORUS_ENV: found 'staging', expected development or production",
        "REDIS_DB: found '-1', expected a whole number from 0 to 65535",
        "REDIS_KEEP_ALIVE: found '30s', expected milliseconds, a whole number from 1 to 3600000",
        "PORT: found 'http', expected a whole number from 1 to 65535",
        "CHORUS_SIGN_UP: found 'maybe', expected open or invite or closed",
    ]


@pytest.mark.parametrize("home", ["/srv/a#b", "/srv/a?b", "/srv/a%20b", "/srv/a%b c", "/srv/a\tb\nc", "/srv/\udcff"])
def test_a_home_of_any_name_holds_its_database_and_its_socket(home: str):
    """What means something in a URL means nothing in a path."""
    settings = from_environment({"CHORUS_HOME": home})

    assert parse_database_url(settings.database.url) == SqliteUrl(f"{home}/data/chat.db")
    assert RedisSettings(url=settings.redis.url).address().path == f"{home}/run/valkey.sock"


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("REDIS_RETRY_DELAY_ON_FAILOVER", 10),
        ("DATABASE_RETRY_DELAY", 10),
        ("REDIS_CONNECT_TIMEOUT", 1),
        ("REDIS_COMMAND_TIMEOUT", 1),
        ("REDIS_KEEP_ALIVE", 1),
    ],
)
def test_times_so_short_that_nothing_could_work_are_refused(name: str, least: int):
    """A delay of none keeps a processor busy, a timeout of none always runs out."""
    found = str(least - 1)

    assert problems(**{name: found}) == [
        f"{name}: found {found!r}, expected milliseconds, a whole number from {least} to 3600000"
    ]
    from_environment({name: str(least)})


def test_a_secret_is_never_shown_in_an_error():
    """A mistyped URL holds a password all the same."""
    lines = problems(DATABASE_URL="postgres-ql://ada:hunter2@db/chat")

    assert lines == ["DATABASE_URL: found postgres-ql://…, expected postgresql://… or sqlite:///…"]
    assert problems(DATABASE_URL="hunter2") == [
        "DATABASE_URL: found something else, expected postgresql://… or sqlite:///…"
    ]


@given(st.dictionaries(st.sampled_from([each.variable.name for each in declarations()]), st.text(max_size=30)))
def test_no_environment_does_worse_than_settings_error(environment: dict[str, str]):
    """Whatever stands there, the answer is settings or a list of problems."""
    found: list[str] = []
    try:
        found.append(from_environment(environment).home)
    except SettingsError as error:
        found += map(str, error.problems)

    assert found


def test_no_two_fields_are_filled_by_one_variable():
    """Each name is declared once, old names included."""
    names = [name for each in declarations() for name in (each.variable.name, *each.variable.also)]

    assert len(names) == len(set(names))


def test_the_page_of_the_settings_is_what_the_declarations_say():
    """docs/settings.md is written by the command; it is not edited."""
    written = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")

    assert written == settings_page.page(), "run: python -m chorus.entry.settings.page > docs/settings.md"


def test_the_settings_are_read_without_the_chat_and_its_libraries():
    """The command line reads them: nothing heavy may come along."""
    heavy = "{'redis', 'sqlalchemy', 'litestar', 'picows', 'uvicorn', 'asyncio'} & set(sys.modules)"
    code = f"import sys, chorus.entry.settings; print({heavy})"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
