"""Boards that are processes of their own, and the projects that they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import frozen
from sqlalchemy import insert

from spine.core.ids import new_id
from spine.project import open_project
from spine.storage.tables.runs import runs
from spine.testing.project import make_project
from tests.projects import Project

LONG = 100_000
_STATUSES = ("COMPLETED",) * 97 + ("FAILED", "PARTIAL", "CANCELLED")
_MANY = """
from spine.orchestration import Step, Workflow, workflow_registry

for number in range(40):
    workflow_registry.register(Workflow(f"workflow.{number}", [Step.lambda_("a", lambda context, config: {})]))
"""


@frozen
class Served:
    """A board that runs, and its project."""

    project: Project
    url: str

    @property
    def port(self) -> str:
        """The port that it listens on."""
        return self.url.rstrip("/").rpartition(":")[2]


@contextmanager
def serve(project: Project, *options: str) -> Iterator[Served]:
    """Start the board of a project on a free port; what it writes at the end must be no traceback."""
    process = project.start("board", "--port", "0", *options)
    assert process.stderr is not None
    told = process.stderr.readline()
    try:
        found = re.search(r"http://\S+", told)
        assert found, told
        yield Served(project, found[0])
    finally:
        process.terminate()
        _, rest = process.communicate()
    assert "Traceback" not in rest, rest


def add_token(project: Project, name: str) -> str:
    """Return a new token of that name."""
    done = project.run("board", "token", "add", name)
    assert done.code == 0, done.err
    return done.out.strip()


def make_long(folder: Path) -> Project:
    """Make a project of 40 workflows with 100,000 runs, a minute apart."""
    root = make_project(folder, flows=_MANY)
    with open_project(root) as project, project.database.engine.begin() as connection:
        for first in range(0, LONG, 10_000):
            connection.execute(insert(runs), [_row(project.history_name, n) for n in range(first, first + 10_000)])
    return Project(root)


def _row(project: str, number: int) -> dict[str, object]:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    counts = {"total_steps": 5, "completed_steps": 5, "failed_steps": 0, "skipped_steps": 0}
    times = {"started_at": at, "completed_at": at, "created_at": at, "duration_ms": 1}
    return {
        **counts,
        **times,
        "project": project,
        "run_id": new_id(),
        "workflow_name": f"workflow.{number % 40}",
        "workflow_version": 1,
        "partition_key": {"week": str(number)},
        "status": _STATUSES[number % 100],
        "params": {},
        "outputs": {},
        "triggered_by": "cli",
        "definition_hash": "0" * 64,
    }
