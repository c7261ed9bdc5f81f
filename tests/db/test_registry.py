from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
import sqlalchemy as sa
from attrs import frozen

from spine.core.adapters import database
from spine.core.adapters.database import (
    SQLITE_SYNTAX,
    DatabaseAdapter,
    DatabaseType,
    Diagnosis,
    SQLiteAdapter,
    SqlSyntax,
    adapter_registry,
    get_adapter,
)
from spine.core.configured import configured_by
from spine.core.errors import ConfigError, InvalidConfigError
from spine.core.scope import Scope, use_scope


class ServerAdapter(DatabaseAdapter):
    """An adapter with the parameters of one for a server."""

    db_type: ClassVar[str] = "server"
    syntax: ClassVar[SqlSyntax] = SQLITE_SYNTAX

    def __init__(
        self,
        host: str = "localhost",
        port: int = 5432,
        database: str = "",
        username: str | None = None,
        password: str | None = None,
        *,
        pool_size: int = 5,
        autosync: bool = False,
    ) -> None:
        super().__init__()
        self.parts = (host, port, database, username, password, pool_size, autosync)

    @property
    def location(self) -> str:
        return f"server database {self.parts[2]} at {self.parts[0]}"

    def engine_arguments(self) -> tuple[sa.URL, dict[str, Any]]:
        return sa.URL.create("sqlite"), {}

    def begin(self, connection: sa.Connection, *, readonly: bool) -> None:
        pass

    def diagnose(self, error: Exception) -> Diagnosis | None:
        return None


@pytest.fixture
def registered() -> Iterator[None]:
    with use_scope(Scope()):
        adapter_registry.register("server", ServerAdapter)
        yield


@pytest.mark.parametrize("name", [DatabaseType.SQLITE, "sqlite", "SQLite"])
def test_an_adapter_is_made_by_its_type_or_name(name: str, tmp_path: Path) -> None:
    adapter = get_adapter(name, path=tmp_path / "data.db", timeout=5)
    assert isinstance(adapter, SQLiteAdapter)
    assert (adapter.path, adapter.timeout, adapter.db_type) == (tmp_path / "data.db", 5, DatabaseType.SQLITE)
    assert not adapter.is_connected
    assert isinstance(adapter_registry.create(name), SQLiteAdapter)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_sqlite_urls_for_memory(url: str) -> None:
    adapter = get_adapter(url)
    assert isinstance(adapter, SQLiteAdapter)
    assert adapter.path is None


def test_sqlite_urls_for_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    relative = get_adapter("sqlite:///sub/rel.db?timeout=1.5&readonly=true&synchronous=full")
    assert isinstance(relative, SQLiteAdapter)
    assert relative.path == tmp_path / "sub" / "rel.db"
    assert (relative.timeout, relative.readonly, relative.synchronous) == (1.5, True, "full")
    absolute = get_adapter(f"sqlite:///{tmp_path}/abs.db?timeout=1", timeout=2)
    assert isinstance(absolute, SQLiteAdapter)
    assert (absolute.path, absolute.timeout) == (tmp_path / "abs.db", 2)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://rel.db", "write sqlite:///relative.db"),
        ("sqlite:///a.db?tmeout=3", "SQLiteAdapter has no option 'tmeout'; did you mean 'timeout'"),
        ("sqlite:///a.db?timeout=soon", "the option 'timeout' of the URL must be a number, not 'soon'"),
        ("sqlite:///a.db?readonly=maybe", "the option 'readonly' of the URL must be true or false, not 'maybe'"),
        ("sqlite:///a.db?timeout=1&timeout=2", "the option 'timeout' occurs more than once"),
        ("oracle://scott:tiger@host/db", "no plugin provides database type 'oracle'; known: "),
    ],
)
def test_urls_that_cannot_be_used_say_why(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        get_adapter(url)
    assert "tiger" not in str(caught.value)


def test_a_url_that_cannot_be_read_does_not_show_its_password() -> None:
    with pytest.raises(ConfigError, match="the database URL cannot be read") as caught:
        get_adapter("postgresql://user:hunter2@host:port/db")
    assert "hunter2" not in repr(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.usefixtures("registered")
def test_the_parts_of_a_url_become_the_options_of_a_server() -> None:
    adapter = get_adapter("server://ann:s%40crt@db.local:6543/spine?pool_size=9&autosync=yes", username="bob")
    assert isinstance(adapter, ServerAdapter)
    assert adapter.parts == ("db.local", 6543, "spine", "bob", "s@crt", 9, True)
    socket = get_adapter("server://postgres:@/postgres?host=/run/pg")
    assert isinstance(socket, ServerAdapter)
    assert socket.parts == ("/run/pg", 5432, "postgres", "postgres", "", 5, False)
    assert "s@crt" not in repr(adapter)
    with pytest.raises(InvalidConfigError, match="must be a whole number"):
        get_adapter("server://h/d?pool_size=many")


@pytest.mark.usefixtures("registered")
def test_an_adapter_registered_by_hand_is_listed_and_wins_over_plugins() -> None:
    assert {"server", "sqlite"} <= set(adapter_registry.list_adapters())
    assert isinstance(get_adapter("server", database="d"), ServerAdapter)
    adapter_registry.register(DatabaseType.SQLITE, ServerAdapter)
    assert isinstance(get_adapter(DatabaseType.SQLITE), ServerAdapter)
    with pytest.raises(ValueError, match="already registered"):
        adapter_registry.register("server", SQLiteAdapter)
    adapter_registry.register("server", SQLiteAdapter, replace=True)
    assert isinstance(get_adapter("server"), SQLiteAdapter)


def test_a_registration_ends_with_its_scope() -> None:
    with use_scope(Scope()):
        adapter_registry.register("server", ServerAdapter)
    assert "server" not in adapter_registry.list_adapters()


@pytest.mark.parametrize("db_type", [DatabaseType.DB2, DatabaseType.ORACLE, DatabaseType.MYSQL, "access"])
def test_a_type_without_an_adapter_says_what_there_is(db_type: str) -> None:
    with pytest.raises(ConfigError, match=r"no plugin provides database type .*known: postgresql, sqlite"):
        get_adapter(db_type)


def test_an_unknown_option_is_named_with_the_closest_one() -> None:
    with pytest.raises(ConfigError, match="SQLiteAdapter has no option 'pth'; did you mean 'path'"):
        get_adapter("sqlite", pth="a.db")


def test_the_module_has_no_names_beyond_its_own_and_those_of_known_plugins() -> None:
    with pytest.raises(AttributeError, match="SQLiteAdaptr"):
        database.SQLiteAdaptr  # type: ignore[attr-defined]  # noqa: B018
    assert all(hasattr(database, name) for name in database.__all__)


def test_a_url_gives_values_of_the_types_that_the_config_class_has() -> None:
    @frozen
    class Config:
        host: str
        threads: int | None = None
        fast: bool | None = None
        mode: Literal["ro", "rw"] = "rw"

    class ConfiguredAdapter(ServerAdapter):
        @configured_by(Config)
        def __init__(self, options: Config) -> None:
            super().__init__()
            self.options = options

    with use_scope(Scope()):
        adapter_registry.register("conf", ConfiguredAdapter)
        made = get_adapter("conf://h?threads=2&fast=no&mode=ro")
        assert isinstance(made, ConfiguredAdapter)
        assert made.options == Config("h", 2, False, "ro")
        for url, message in (
            ("conf://h?thread=2", "ConfiguredAdapter has no option 'thread'; did you mean 'threads'"),
            ("conf://h?threads=two", "the option 'threads' of the URL must be a whole number, not 'two'"),
            ("conf://h?mode=rx", "the option 'mode' of the URL must be one of ro, rw"),
            ("conf://h/name", "ConfiguredAdapter has no option 'database'"),
        ):
            with pytest.raises(ConfigError, match=message):
                get_adapter(url)
