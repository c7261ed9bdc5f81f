"""The executor is an executor, a run queue, and a queue for workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from spine.core.adapters.database import get_adapter
from spine.db.adapter import DatabaseAdapter
from spine.orchestration.executors.base import Executor
from spine.project import Project, open_project
from spine.testing.conformance.executor import ExecutorConformance
from spine.testing.conformance.run_queue import RunQueueConformance
from spine.testing.conformance.worker_queue import WorkerQueueConformance
from spine_executor_procrastinate.executor import ProcrastinateExecutor
from spine_executor_procrastinate.queue_name import queue_of
from spine_executor_procrastinate.schema import in_schema
from tests.projects import Project as Folder

FETCH = text("SELECT id, args->>'run_id' AS run_id FROM procrastinate_fetch_job_v2(ARRAY[:queue], NULL)")
JOBS = "SELECT args->>'run_id' AS run_id FROM spine_procrastinate.procrastinate_jobs WHERE status = 'todo'"


class TestExecutor(ExecutorConformance):
    in_process = True  # items of maps stay with the process of their run
    in_background = True
    runs_concurrently = True
    isolates_crashes = False  # a thread cannot outlive its process

    def make_executor(self, max_workers: int) -> Executor:
        return ProcrastinateExecutor(max_workers)


class TestRunQueue(RunQueueConformance):
    can_take = True

    @pytest.fixture(autouse=True)
    def project(self, folder: Folder) -> Iterator[Project]:
        with open_project(folder.root, {}) as found:
            self.url = found.application.settings.spine.database
            yield found

    def make_adapter(self, tmp_path: Path) -> DatabaseAdapter:
        return get_adapter(str(self.url))

    def make_queue(self) -> Any:
        return ProcrastinateExecutor(1)

    def jobs(self, adapter: DatabaseAdapter) -> Sequence[str]:
        return [row["run_id"] for row in adapter.query(JOBS)]

    def take(self, adapter: DatabaseAdapter, queue: str) -> str | None:
        with adapter.engine.begin() as connection, in_schema(connection):
            row = connection.execute(FETCH, {"queue": queue_of("fleet", queue)}).one()
            found: str | None = row.run_id
            return found


@pytest.mark.slow
class TestWorkers(WorkerQueueConformance):
    @pytest.fixture(autouse=True)
    def _on_postgres(self, settings: str) -> None:
        self.settings = settings

    def make_settings(self, tmp_path: Path) -> str:
        return self.settings
