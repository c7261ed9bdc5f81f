"""The FINRA example makes the same captures on every executor, byte for byte."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import copy_finra
from tests.projects import DEADLINE_SECONDS, Project, wait_until

WEEKS = ("20251215", "20251222", "20251229")
PIPELINES = 3  # steps of the example
DASK = '\n[executors.dask]\ntype = "dask"\nworkers = 2\n'
QUEUE = '\n[scheduler]\nexecutor = "procrastinate"\n'

Captures = dict[tuple[str, str, int], tuple[str, bytes]]


def captures_of(project: Project) -> Captures:
    """Return the digest and the bytes of each revision."""
    rows = project.call("captures", "list", "--json", "-n", "1000").json
    store = project.root / ".spine" / "captures"
    return {
        (row["name"], str(row["partition_key"]), row["revision"]): (
            row["content_hash"],
            (store / row["location"]).read_bytes(),
        )
        for row in rows
    }


def run_weeks(project: Project, *, here: bool = True) -> None:
    for week in WEEKS:
        done = (project.call if here else project.run)("run", "finra.weekly_refresh", "-p", f"week={week}")
        assert done.code == 0, done.err


def with_steps_on(project: Project, executor: str) -> None:
    """Let the pipeline steps of the example run on an executor."""
    flows = (project.root / "flows.py").read_text()
    for pipeline in ("ingest_week", "normalize", "summarize"):
        step = f'"finra.otc.{pipeline}")'
        assert flows.count(step + ",") == 1
        flows = flows.replace(step + ",", f'"finra.otc.{pipeline}", executor="{executor}"),')
    assert flows.count(f'executor="{executor}"') == PIPELINES
    project.write("flows.py", flows)
    project.write("spine.toml", (project.root / "spine.toml").read_text() + DASK)


def run_on_workers(project: Project, url: str) -> None:
    """Run the weeks on two workers of a queue."""
    text = (project.root / "spine.toml").read_text()
    project.write("spine.toml", text.replace("[spine]\n", f'[spine]\ndatabase = "{url}"\n', 1) + QUEUE)
    assert project.call("db", "upgrade").code == 0
    runs = [
        project.call("run", "finra.weekly_refresh", "-p", f"week={week}", "--detach", "--json").json["run_id"]
        for week in WEEKS
    ]
    workers = [project.start("worker", "run", "--concurrency", "1") for _ in range(2)]
    try:
        wait_until(lambda: all(project.call("runs", "show", run, "--json").json["completed_at"] for run in runs))
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
            assert worker.communicate(timeout=DEADLINE_SECONDS)[1].count("Error") == 0


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Captures:
    """The captures of the example as it stands, in one process."""
    project = copy_finra(tmp_path_factory.mktemp("plain") / "finra")
    run_weeks(project)
    return captures_of(project)


@pytest.mark.slow
@pytest.mark.xdist_group("finra on executors")
@pytest.mark.parametrize("executor", ["inline", "threads", "processes", "procrastinate", "dask"])
def test_the_captures_are_the_same(
    executor: str, expected: Captures, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    project = copy_finra(tmp_path / "finra")
    if executor == "procrastinate":
        new_database: Callable[[], str] = request.getfixturevalue("new_postgres_database")
        run_on_workers(project, new_database())
    else:
        with_steps_on(project, executor)
        run_weeks(project, here=executor in ("inline", "threads"))
    made = captures_of(project)
    assert made == expected
    assert len(made) == PIPELINES * len(WEEKS)
