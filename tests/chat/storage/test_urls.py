"""The forms of DATABASE_URL."""

import pytest

from chorus.chat.domain.errors import Invalid
from chorus.chat.storage.urls import PostgresUrl, SqliteUrl, absolute_url, parse_database_url


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///chat.db", "chat.db"),
        ("sqlite:////var/lib/chat.db", "/var/lib/chat.db"),
        ("sqlite:////with%20space/chat.db", "/with space/chat.db"),
        ("sqlite+aiosqlite:///chat.db", "chat.db"),
    ],
)
def test_sqlite_names_a_file(url, path):
    assert parse_database_url(url) == SqliteUrl(path)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("sqlite:///my%20chat.db", "sqlite:////srv/a b/my chat.db"),
        ("sqlite:////var/lib/chat.db", "sqlite:////var/lib/chat.db"),
        ("postgresql://h/d", "postgresql://h/d"),
    ],
)
def test_a_file_in_a_folder_is_named_for_whoever_is_in_another(url, same):
    assert parse_database_url(absolute_url(url, directory="/srv/a b")) == parse_database_url(same)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "POSTGRES"])
def test_every_name_of_postgresql_means_its_driver(scheme):
    assert parse_database_url(f"{scheme}://u:p%40@h:1/d?sslmode=require") == PostgresUrl(
        "postgresql://u:p%40@h:1/d?sslmode=require"
    )


def test_what_prisma_reads_from_the_url_is_not_sent_to_the_server():
    url = parse_database_url("postgresql://h/d?schema=chat&connection_limit=5&pgbouncer=true&sslmode=prefer")

    assert url == PostgresUrl("postgresql://h/d?sslmode=prefer", schema="chat")
    assert url.server_settings["search_path"] == "chat"


def test_a_message_names_the_server_and_not_the_password():
    assert parse_database_url("postgresql://u:secret@h:1/d").place == "h:1/d"


@pytest.mark.parametrize(
    "url",
    ["", "mysql://h/d", "chat.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://h/x", "postgres://h"],
)
def test_another_form_is_invalid_and_the_right_ones_are_named(url):
    with pytest.raises(Invalid, match=r"DATABASE_URL: .*expected"):
        parse_database_url(url)


def test_a_refused_url_does_not_show_its_password():
    with pytest.raises(Invalid) as refused:
        parse_database_url("mysql://u:secret@h/d")

    assert "secret" not in str(refused.value)
