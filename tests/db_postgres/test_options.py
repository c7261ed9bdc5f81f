"""Options and URLs of PostgreSQLAdapter, and its passwords."""

from __future__ import annotations

import logging
import traceback

import psycopg
import pytest
from sqlalchemy import make_url

from spine.core.adapters.database import get_adapter
from spine.core.errors import ConfigError, DatabaseConnectionError, InvalidConfigError, SpineError
from spine.core.secrets import Secret
from spine_db_postgres.adapter import PostgreSQLAdapter
from spine_db_postgres.errors import diagnose

PASSWORD = "sesame-42"
URLS = [
    f"postgresql://ada:{PASSWORD}@127.0.0.1:1/db",
    f"postgresql://ada@127.0.0.1:1/db?password={PASSWORD}",
    f"postgres://ada:wrong@127.0.0.1:1/db?password={PASSWORD}&sslmode=require",
    f"postgresql+psycopg://ada:{PASSWORD}@/db?host=/nowhere",
]


def _from_url(url: str) -> PostgreSQLAdapter:
    adapter = get_adapter(url)
    assert isinstance(adapter, PostgreSQLAdapter)
    return adapter


@pytest.mark.parametrize("url", URLS)
def test_a_password_never_shows(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    adapter = _from_url(url)
    assert adapter.config.password == Secret(PASSWORD)
    with pytest.raises(DatabaseConnectionError) as caught:
        adapter.connect()
    assert caught.value.retryable
    shown = [
        repr(adapter),
        str(adapter),
        repr(adapter.config),
        adapter.location,
        repr(adapter.engine_arguments()),
        repr(caught.value.to_dict()),
        caplog.text,
        "".join(traceback.format_exception(caught.value)),
    ]
    for text in shown:
        assert PASSWORD not in text


def test_the_engine_and_its_connections_do_not_show_it(postgres_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with get_adapter(postgres_url, password=PASSWORD) as adapter:
        assert adapter.query("SELECT 1 AS one") == [{"one": 1}]
        with adapter.engine.connect() as raw:
            shown = [repr(adapter.engine), str(adapter.engine.url), repr(raw.connection.driver_connection)]
    for text in [*shown, caplog.text]:
        assert PASSWORD not in text


def test_a_wrong_password_is_not_shown_and_not_retryable() -> None:

    text = 'connection to server at "h" (::1), port 5432 failed: FATAL:  password authentication failed for user "ada"'
    diagnosis = diagnose(psycopg.OperationalError(text))
    assert diagnosis is not None
    assert (diagnosis.error, diagnosis.retryable) == (DatabaseConnectionError, False)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ada:{PASSWORD}@host:port/db",
        f"postgresql://ada:{PASSWORD}@host/db?pasword={PASSWORD}",
        f"postgresql://ada:{PASSWORD}@host/db?password={PASSWORD}&password={PASSWORD}",
        f"postgresql://ada:{PASSWORD}@host/db?pool_size=many",
        f"postgresql://ada:{PASSWORD}@host/db?sslmode=sometimes",
        f"postgresql://ada:{PASSWORD}@host:99999/db",
    ],
)
def test_an_error_of_a_url_does_not_show_its_password(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        get_adapter(url)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://ada@h:6/d", {"host": "h", "port": 6, "database": "d", "username": "ada", "password": None}),
        ("postgresql://postgres:@/postgres?host=/dir", {"host": "/dir", "port": 5432, "database": "postgres"}),
        ("postgresql:///d?host=/dir&port=6", {"host": "/dir", "port": 6, "username": None}),
        ("postgresql://%2Fdir/d", {"host": "/dir", "database": "d"}),
        ("postgresql://u:a%40b%2Fc@[::1]/d", {"host": "::1", "password": Secret("a@b/c")}),
        ("postgresql://h/d?sslmode=require&sslrootcert=ca.pem", {"ssl_mode": "require", "ssl_root_cert": "ca.pem"}),
        ("postgresql://h/d?pool_size=7&pool_timeout=1.5", {"pool_size": 7, "pool_timeout": 1.5}),
        ("postgresql://h/d?connect_timeout=3&application_name=x", {"connect_timeout": 3, "application_name": "x"}),
    ],
)
def test_urls_as_libpq_has_them(url: str, expected: dict[str, object]) -> None:
    config = _from_url(url).config
    assert {name: getattr(config, name) for name in expected} == expected


def test_config_wins_over_the_url() -> None:
    adapter = get_adapter("postgresql://ada:first@h/d", password=Secret("second"), host="other")
    assert isinstance(adapter, PostgreSQLAdapter)
    assert (adapter.config.password, adapter.config.host) == (Secret("second"), "other")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": 0}, "'port' must be >= 1"),
        ({"pool_size": 0}, "'pool_size' must be >= 1"),
        ({"ssl_mode": "sometimes"}, "'ssl_mode' must be in"),
        ({"pool_timeout": -1}, "'pool_timeout' must be >= 0"),
        ({"password": 42}, "'password' must be"),
        ({"hots": "h"}, "PostgreSQLAdapter has no option 'hots'; did you mean 'host'"),
    ],
)
def test_options_that_cannot_be_are_refused_at_once(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        get_adapter("postgresql", **options)


def test_ssl_options_reach_the_driver() -> None:
    adapter = PostgreSQLAdapter(
        "h", ssl_mode="verify-full", ssl_root_cert="ca.pem", ssl_cert="client.pem", ssl_key="client.key"
    )
    _, arguments = adapter.engine_arguments()
    expected = {"sslmode": "verify-full", "sslrootcert": "ca.pem", "sslcert": "client.pem", "sslkey": "client.key"}
    assert expected.items() <= arguments["connect_args"].items()


def test_sessions_are_named_and_speak_utc(postgres_url: str) -> None:
    with get_adapter(postgres_url, application_name="spine worker's", lock_timeout=1.5) as adapter:
        assert adapter.query_one("SHOW application_name") == {"application_name": "spine worker's"}
        assert adapter.query_one("SHOW timezone") == {"TimeZone": "UTC"}
        assert adapter.query_one("SHOW lock_timeout") == {"lock_timeout": "1500ms"}


@pytest.mark.parametrize(("options", "count"), [({}, 1), ({"prepared_statements": "false"}, 0)])
def test_statements_are_not_prepared_where_a_pooler_shares_connections(
    postgres_url: str, options: dict[str, str], count: int
) -> None:
    url = make_url(postgres_url).update_query_dict(options).render_as_string(hide_password=False)
    with get_adapter(url) as adapter, adapter.transaction():
        for _ in range(7):  # psycopg prepares a statement when it is executed for the sixth time
            adapter.query("SELECT 7 AS seven")
        query = "SELECT count(*) AS count FROM pg_prepared_statements WHERE statement LIKE ?"
        assert adapter.query_one(query, ("SELECT 7%",)) == {"count": count}


def test_a_database_that_does_not_exist_is_said(postgres_url: str) -> None:
    url = make_url(postgres_url).set(database="missing")
    with pytest.raises(SpineError, match='database "missing" does not exist') as caught:
        get_adapter(url.render_as_string(hide_password=False)).connect()
    assert isinstance(caught.value, DatabaseConnectionError)
    assert not caught.value.retryable


def test_a_port_that_is_no_number_names_the_option_and_the_value() -> None:
    with pytest.raises(InvalidConfigError, match="PostgreSQLAdapter: port must be an integer, not '5432a'") as caught:
        get_adapter("postgresql", port="5432a")
    assert (caught.value.key, caught.value.value) == ("port", "5432a")


def test_a_text_is_no_switch() -> None:
    with pytest.raises(InvalidConfigError, match="prepared_statements must be true or false, not 'no'"):
        get_adapter("postgresql", prepared_statements="no")
