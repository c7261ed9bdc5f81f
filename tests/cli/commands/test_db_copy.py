"""`spine db copy`: a project moves to another database with its history, and goes on there."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import make_url, select

from spine.cli.counting import Counting
from spine.core.adapters.database import get_adapter
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore
from spine.storage.tables.runs import events
from tests.projects import Project, wait_until
from tests.storage.made_up import make_up
from tests.storage.records import create

SOURCE = "sqlite:///.spine/spine.db"
SECRET = "s3cret-of-the-server"
SLOW = """
from spine.orchestration import Step, Workflow, workflow_registry

def wait(ctx, config):
    import pathlib, time
    while not pathlib.Path("go").exists():
        time.sleep(0.01)

workflow_registry.register(Workflow(name="slow", steps=[Step.lambda_("wait", wait)]))
"""


def with_password(url: str) -> str:
    """Return the URL with a password, which the server of the tests does not ask for."""
    return make_url(url).set(password=SECRET).render_as_string(hide_password=False)


def declared(url: str) -> str:
    """Return the URL as a section of spine.toml, with the password as a reference."""
    parts = make_url(url)
    host, port = parts.query.get("host") or parts.host, parts.port or 5432
    return (
        f'[databases.history]\ntype = "postgresql"\nhost = "{host}"\nport = {port}\ndatabase = "{parts.database}"\n'
        f'username = "{parts.username}"\npassword = {{ env = "HISTORY_PASSWORD" }}\n'
    )


def test_a_project_moves_to_a_server_and_goes_on_there(
    scratch_project: Callable[..., Project], new_postgres_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISTORY_PASSWORD", SECRET)
    project = scratch_project(declared(new_postgres_database()))
    assert project.call("run", "numbers").code == 0
    runs = project.call("runs", "list", "--json").json
    copied = project.call("db", "copy", SOURCE, "history", "--json")
    assert copied.code == 0
    tables = copied.json["tables"]
    assert {key: copied.json[key] for key in ("project", "continued", "not_copied", "rows")} == {
        "project": "scratch",
        "continued": False,
        "not_copied": [],
        "rows": sum(tables.values()),
    }
    assert tables["core_workflow_runs"] == tables["core_captures"] == 1
    monkeypatch.setenv("SPINE__SPINE__DATABASE", "history")
    assert project.call("runs", "list", "--json").json == runs
    assert project.call("captures", "read", "numbers", "--all-partitions", "--json").code == 0
    assert project.call("run", "numbers", "-p", "count=4").code == 0
    captures = project.call("captures", "list", "numbers", "--json").json
    assert sorted(row["revision"] for row in captures) == [1, 2]
    with get_adapter(project_url := _url(project)) as adapter, adapter.reader.connect() as connection:
        numbers = connection.execute(select(events.c.id).order_by(events.c.id)).scalars().all()
    assert len(set(numbers)) == len(numbers) > tables["core_workflow_events"], project_url
    assert project.call("db", "check").code == 0


def _url(project: Project) -> str:
    text = (project.root / "spine.toml").read_text()
    found = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    host, port, name, user = (json.loads(found[key]) for key in ("host", "port", "database", "username"))
    return f"postgresql://{user}@/{name}?host={host}&port={port}"


def test_it_shows_the_tables_with_rows(scratch_project: Callable[..., Project]) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    shown = project.call("db", "copy", SOURCE, "sqlite:///copy.db")
    assert shown.code == 0
    lines = dict(line.split("  ", 1) for line in shown.out.splitlines())
    assert lines["target"].strip() == f"SQLite database {project.root}/copy.db"
    assert lines["project"].strip() == "scratch"
    assert lines["core_workflow_runs"].strip() == "1"
    assert "core_alerts" not in lines


@pytest.mark.slow
def test_no_password_is_shown(
    scratch_project: Callable[..., Project], new_postgres_database: Callable[[], str]
) -> None:
    url = with_password(new_postgres_database())
    project = scratch_project()
    project.call("run", "numbers")
    nowhere = f"postgresql://ann:{SECRET}@127.0.0.1:9/spine"
    attempts = [
        project.call(*flags, "db", "copy", *places)
        for flags in ((), ("--debug",), ("--verbose",))
        for places in (
            (SOURCE, nowhere),
            (nowhere, SOURCE),
            (SOURCE, f"postgresql://ann:{SECRET}@host:port/x"),
            (SOURCE, f"postgresql://ann:{SECRET}@host/x?no_such_option={SECRET}"),
            (SOURCE, f"nosuch://ann:{SECRET}@host/x"),
            (f"sqlite://ann:{SECRET}@host/x", SOURCE),
        )
    ]
    attempts += [project.call("db", "copy", SOURCE, url), project.call("--debug", "db", "copy", SOURCE, url)]
    assert [attempt.code for attempt in attempts[-2:]] == [0, 2]
    assert all(attempt.code in (1, 2) for attempt in attempts[:-2])
    assert not [attempt for attempt in attempts if SECRET in attempt.out + attempt.err]


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        ("sqlite:///none.db", "sqlite:///copy.db", "none.db: there is no such file"),
        (SOURCE, SOURCE, "is the source and the target: give another target"),
        (SOURCE, "sqlite://", "SQLite database in memory: it ends with the command; give the URL of a file"),
        (SOURCE, "histroy", "there is no database 'histroy'; did you mean 'history'?; or give a URL"),
        (SOURCE, "empty", "there is no database 'empty'"),
    ],
)
def test_wrong_databases_are_told(source: str, target: str, told: str, scratch_project: Callable[..., Project]) -> None:
    project = scratch_project('[databases.history]\ntype = "sqlite"\npath = "history.db"\n')
    project.call("run", "numbers")
    done = project.call("db", "copy", source, target)
    assert told in done.err
    assert done.code in (1, 2)
    assert not (project.root / "copy.db").exists()
    assert not (project.root / "none.db").exists()


def test_it_is_refused_while_a_run_goes_on(scratch_project: Callable[..., Project]) -> None:
    project = scratch_project(flows=SLOW)
    process = project.start("run", "slow")
    try:
        wait_until(lambda: '"RUNNING"' in project.call("runs", "list", "--json").out)
        refused = project.call("db", "copy", SOURCE, "sqlite:///copy.db")
    finally:
        (project.root / "go").touch()
        process.communicate()
    assert refused.code == 2
    assert "of slow is being run by" in refused.err
    assert "wait until it has ended, and run the command again" in refused.err
    assert project.call("db", "copy", SOURCE, "sqlite:///copy.db").code == 0


def test_its_progress_counts_what_is_copied_and_compared(
    scratch_project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    call = Counting.__call__

    def add(counting: Counting, more: int) -> None:
        call(counting, more)
        said.extend(counting.lines(None))

    monkeypatch.setattr(Counting, "__call__", add)
    project = scratch_project()
    project.call("run", "numbers")
    done = project.call("db", "copy", SOURCE, "sqlite:///copy.db", "--json")
    total = done.json["rows"]
    counts = [line.partition(" (")[0] for line in said]
    assert f"  {total:,} of {total:,} rows copied" in counts
    assert f"  {total:,} of {total:,} rows compared" in counts
    assert "rows" not in project.call("--quiet", "db", "copy", SOURCE, "sqlite:///other.db", "--json").err


def test_the_history_of_another_project_stays(scratch_project: Callable[..., Project]) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    with get_adapter(f"sqlite:///{project.root}/.spine/spine.db") as adapter:
        make_up(History(adapter, "other"))
    assert project.call("db", "copy", SOURCE, "sqlite:///copy.db").code == 0
    with get_adapter(f"sqlite:///{project.root}/copy.db") as adapter:
        assert {row["project"] for row in adapter.query("SELECT project FROM core_workflow_runs")} == {"scratch"}
        create(SqlRunStore(History(adapter, "other")))


def test_a_copy_that_was_interrupted_is_told_by_doctor_and_continued(
    scratch_project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = scratch_project()
    project.call("run", "numbers")

    def interrupt(_counting: Counting, _more: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Counting, "__call__", interrupt)
        assert project.call("db", "copy", SOURCE, "sqlite:///copy.db").code != 0
    monkeypatch.setenv("SPINE__SPINE__DATABASE", "sqlite:///copy.db")
    [found] = [row for row in project.call("doctor", "--json").json if row["check"] == "database"]
    assert (found["status"], found["fix"]) == ("fail", "spine db copy SOURCE TARGET")
    said = f"copy.db is an unfinished copy of SQLite database {project.root}/.spine/spine.db: end it first"
    assert said in str(found)
    assert project.call("db", "copy", SOURCE, "sqlite:///copy.db", "--json").json["continued"]
    [found] = [row for row in project.call("doctor", "--json").json if row["check"] == "database"]
    assert found["status"] == "ok"
