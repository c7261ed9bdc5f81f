"""Jobs of the queue: which database, which queue of which project, and beside whose tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from procrastinate import App, SyncPsycopgConnector

from spine.core.errors import ConfigError
from spine.project import open_project
from spine_executor_procrastinate.executor import ProcrastinateExecutor, queue_of
from tests.executor_procrastinate.conftest import FLOWS
from tests.projects import Project

JOBS = "SELECT queue_name, priority, args->>'run_id' AS run_id FROM spine_procrastinate.procrastinate_jobs ORDER BY id"


def url_of(project: Project) -> str:
    with open_project(project.root, {}) as opened:
        return str(opened.application.settings.spine.database)


def test_a_run_is_enqueued_with_its_queue_and_priority(folder: Project) -> None:
    run_id = folder.call("run", "w", "--detach", "--json").json["run_id"]
    with open_project(folder.root, {}) as project:
        assert project.database.query(JOBS) == [{"queue_name": "fleet/large", "priority": 14, "run_id": run_id}]
        assert project.workers.waiting()[0]["queue"] == "large"


def test_a_project_on_sqlite_is_refused(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n[scheduler]\nexecutor = "procrastinate"\n')
    project.write("flows.py", FLOWS)
    for command, code in ((("run", "w", "--detach"), 1), (("worker", "run"), 2)):
        done = project.call(*command)
        assert done.code == code, done.err
        assert "needs a project on PostgreSQL: move this one with spine db copy" in done.err
    assert project.call("runs", "list", "--json").json == []


def test_a_procrastinate_of_the_user_stays_apart(folder: Project) -> None:
    url = url_of(folder)
    with App(connector=SyncPsycopgConnector(conninfo=url)).open() as own:
        own.schema_manager.apply_schema()
        own.configure_task("theirs", allow_unknown=True).defer()
        assert folder.call("run", "w", "--detach").code == 0
        assert [job.task_name for job in own.job_manager.list_jobs()] == ["theirs"]
    assert folder.call("db", "check").code == 0


def test_the_search_path_of_the_transaction_stays(folder: Project) -> None:
    with open_project(folder.root, {}) as project, project.database.engine.begin() as connection:
        before = connection.exec_driver_sql("SHOW search_path").scalar()
        ProcrastinateExecutor(1).enqueue(connection, "r1")
        assert connection.exec_driver_sql("SHOW search_path").scalar() == before


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200), st.text("ab", min_size=1)
)
def test_a_queue_has_a_channel_of_its_own_that_postgresql_accepts(project: str, queue: str) -> None:
    name = queue_of(project, queue)
    assert len(f"procrastinate_queue_v1#{name}".encode()) <= 63
    assert name != queue_of(f"{project}x", queue)
    assert name != queue_of(project, f"{queue}x")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["p" * 200, 'Prüfung/"x"; DROP'])
def test_runs_of_a_project_with_any_name_are_executed(
    name: str, tmp_path: Path, settings: str, new_postgres_database: Callable[[], str]
) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", settings.replace('"fleet"', f"'{name}'"))
    project.write("flows.py", FLOWS)
    assert project.call("db", "upgrade").code == 0
    run_id = project.call("run", "w", "--detach", "--json").json["run_id"]
    with project.start("worker", "run") as worker:
        try:
            assert project.call("runs", "watch", run_id).code == 0
        finally:
            worker.terminate()


def test_a_heartbeat_that_is_too_slow_is_refused() -> None:
    with pytest.raises(ConfigError, match="give at least twice heartbeat_seconds, 40"):
        ProcrastinateExecutor(1, heartbeat_seconds=20)


def test_psycopg_is_the_driver_of_both(folder: Project) -> None:
    with open_project(folder.root, {}) as project, project.database.engine.connect() as connection:
        assert isinstance(connection.connection.driver_connection, psycopg.Connection)
