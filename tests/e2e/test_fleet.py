"""Workers on several machines: each run completes, no finished step runs twice, no worker ends by itself."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from spine.core.adapters.database import get_adapter
from spine.project import Project, open_project
from tests.databases import PostgresServer
from tests.e2e.fleet import APART, LEASE_SECONDS, Fleet, faults_of, slow_recoveries
from tests.payload_places import Place
from tests.projects import DEADLINE_SECONDS
from tests.projects import Project as Folder


def _has_namespaces() -> bool:
    """Return True if this user may make PID namespaces."""
    return shutil.which(APART[0]) is not None and subprocess.run([*APART, "true"], capture_output=True).returncode == 0


needs_namespaces = pytest.mark.skipif(not _has_namespaces(), reason="workers apart need unshare(1) and its rights")


def sail(
    folder: Path, server: PostgresServer, place: Place, *, workers: int, runs: int, kills: int, stops: int
) -> None:
    """Let workers execute runs under faults, and check the result."""
    fleet = Fleet(folder, server.url, place, Random(1))
    head = fleet.make("head")
    assert Folder(head).call("db", "upgrade").code == 0
    with open_project(head, {}) as project, get_adapter(server.url) as adapter:
        run_ids = [project.submit("fleet") for _ in range(runs)]
        fleet.start(workers)
        try:
            faults = ["kill"] * kills + ["freeze"] * stops + ["restart"]
            Random(2).shuffle(faults)
            for fault in faults:
                time.sleep(1)
                fleet.look()
                if fault == "kill":
                    fleet.kill(adapter)
                elif fault == "freeze":
                    fleet.freeze(8)
                else:
                    server.restart()
            wait_for_the_end(fleet, project, run_ids)
        finally:
            fleet.stop()
        assert faults_of(project, run_ids) == []
        assert slow_recoveries(adapter, fleet, 2 * LEASE_SECONDS) == []
    assert fleet.ended == []


def wait_for_the_end(fleet: Fleet, project: Project, run_ids: Sequence[str]) -> None:
    """Wait until every run has ended."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    is_open = "SELECT count(*) AS n FROM core_workflow_runs WHERE status IN ('PENDING', 'RUNNING', 'WAITING')"
    while project.database.query(is_open)[0]["n"]:
        assert time.monotonic() < deadline, [
            row for row in project.runs.list(limit=1000) if row["completed_at"] is None
        ]
        fleet.look()
        time.sleep(0.5)
    assert len(project.runs.list(limit=10_000).rows) == len(run_ids)


@pytest.mark.slow
@needs_namespaces
def test_two_workers_under_faults(tmp_path: Path, own_postgres: PostgresServer, s3: Place) -> None:
    sail(tmp_path, own_postgres, s3, workers=2, runs=30, kills=3, stops=1)


@pytest.mark.soak
@needs_namespaces
def test_four_workers_and_200_runs_under_faults(tmp_path: Path, own_postgres: PostgresServer, s3: Place) -> None:
    sail(tmp_path, own_postgres, s3, workers=4, runs=200, kills=20, stops=2)
