"""docs/how-to/postgresql.md: its roles, settings and commands work on a real server, and print what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from spine.core.adapters.database import get_adapter
from spine.core.errors import SpineError
from tests.docs.commands import play
from tests.docs.pages import blocks
from tests.projects import Project, run

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "postgresql.md").read_text()
SQL, TOML, CONSOLE = (blocks(PAGE, language) for language in ("sql", "toml", "console"))
COPY, MOVED = blocks(PAGE.partition("## 4. ")[2], "console")
ROLES = ("spine_owner", "spine_runner")


@pytest.fixture
def server(postgres_url: str) -> Iterator[str]:
    """The URL of a server that has the roles and the database of the page."""
    with get_adapter(postgres_url) as admin:
        engine = admin.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in _statements(SQL[0]):
                connection.exec_driver_sql(statement)
            url = make_url(postgres_url).set(database="spine").render_as_string(hide_password=False)
            with get_adapter(url) as inside:
                for statement in _statements(SQL[1]):
                    inside.execute(statement)
            yield postgres_url
            connection.exec_driver_sql("DROP DATABASE spine WITH (FORCE)")
            for role in ROLES:
                connection.exec_driver_sql(f"DROP ROLE {role}")


@pytest.fixture
def project(tmp_path: Path, server: str) -> Project:
    """A project with the settings of the page, on the server of the tests."""
    assert run("init", str(tmp_path), cwd=tmp_path).code == 0
    made = Project(tmp_path)
    made.write("spine.toml", TOML[0].replace("[spine]\n", '[spine]\nmodules = ["flows"]\n'))
    return made


def reached(server: str) -> tuple[str, dict[str, str]]:
    """Return the host and port of the server, and the variables of a project that is to use it."""
    url = make_url(server)
    host = str(url.query.get("host") or url.host)
    env = {"SPINE__DATABASES__HISTORY__HOST": host, "SPINE_PASSWORD": "change-me-2"}
    env["SPINE_PLUGINS_DISABLED"] = "board,executor-procrastinate"  # the page is for those who have neither
    if url.port:
        env["SPINE__DATABASES__HISTORY__PORT"] = str(url.port)
    return f"{host}:{url.port or 5432}", env


@pytest.mark.slow
def test_its_commands_print_what_it_shows(project: Project, server: str) -> None:
    place, env = reached(server)
    for block in CONSOLE[1:]:
        if block not in (COPY, MOVED):
            play(block, project.root, {"db.example.com:5432": place}, env)


@pytest.mark.slow
def test_a_history_moves_as_it_shows(project: Project, server: str) -> None:
    place, env = reached(server)
    here = {"db.example.com:5432": place, "/srv/prices": str(project.root)}
    settings = (project.root / "spine.toml").read_text()
    project.write("spine.toml", settings.replace('database = "history" ', "# ", 1))
    assert project.run("run", "hello", env=env).code == 0
    play(COPY, project.root, here, env)
    project.write("spine.toml", settings)
    play(MOVED, project.root, here, env)


def test_the_runner_may_not_make_tables(project: Project, server: str) -> None:
    url = make_url(server).set(database="spine", username="spine_runner", password="change-me-2")
    with (
        get_adapter(url.render_as_string(hide_password=False)) as adapter,
        pytest.raises(SpineError, match="permission denied for schema public"),
    ):
        adapter.execute("CREATE TABLE mine (id INTEGER)")


def test_the_settings_for_a_pooler_are_those_of_the_connection(server: str) -> None:
    url = make_url(server).set(username="spine_runner", password="change-me-2", database="spine")
    with get_adapter(server) as admin:
        for statement in _statements(SQL[2]):
            admin.execute(statement)
    with get_adapter(url.render_as_string(hide_password=False)) as direct:
        shown = (direct.query_one("SHOW lock_timeout"), direct.query_one("SHOW timezone"))
        assert shown == ({"lock_timeout": "30s"}, {"TimeZone": "UTC"})


def test_its_other_settings_are_options_of_the_adapter(tmp_path: Path) -> None:
    from spine.config.load import load_settings

    history = TOML[0] + "".join(block.partition("]\n")[2] for block in TOML[1:])
    (tmp_path / "spine.toml").write_text(history)
    options = {**load_settings(tmp_path, {}).databases["history"].options, "password": "x"}
    _, arguments = get_adapter("postgresql", **options).engine_arguments()
    assert (arguments["pool_size"], arguments["max_overflow"]) == (2, 3)
    driver = arguments["connect_args"]
    assert driver["sslmode"] == "verify-full"
    assert driver["prepare_threshold"] is None


def _statements(text: str) -> list[str]:
    return [statement.strip() for statement in text.split(";") if statement.strip()]
