"""A run queue in a table of the project's database, as a plugin whose workers are those of `spine worker run`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.testing import FakePlugin
from tests.projects import Project

PLUGIN = """
from spine.plugins import ExecutorSpec, hookimpl

@hookimpl
def spine_register_executors():
    return [ExecutorSpec("table", "spine_table.queue:TableQueue")]
"""
QUEUE = '''
import threading

from spine.project import current_project


class TableQueue:
    """Jobs in a table; one is deleted after its run was executed, and comes again after an error."""

    name = "table"
    in_process = True

    def __init__(self, max_workers):
        self.max_workers = max_workers
        self.before, self.errors, self.ends_with = lambda run_id: None, [], None

    def submit(self, task):
        raise AssertionError(task)

    def close(self):
        pass

    def enqueue(self, connection, run_id, queue="default", priority=0, not_before=None):
        job = f"INSERT INTO jobs (run_id, queue, priority) VALUES ('{run_id}', '{queue}', {priority})"
        connection.exec_driver_sql(job)

    def work(self, worker):
        threads = [threading.Thread(target=self._fetch, args=(worker, n)) for n in range(worker.concurrency)]
        self.database = current_project().database
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.ends_with is not None:
            raise self.ends_with

    def _fetch(self, worker, number):
        while not worker.stopping.is_set() and self.ends_with is None:
            names = ", ".join(f"'{name}'" for name in worker.queues)
            order = "ORDER BY priority DESC, id"
            rows = self.database.query(f"SELECT id, run_id FROM jobs WHERE queue IN ({names}) AND taken = 0 {order}")
            for row in rows[:1]:
                with self.database.transaction() as connection:
                    mine = connection.execute("UPDATE jobs SET taken = 1 WHERE id = ? AND taken = 0", (row["id"],))
                if mine:
                    self._pass(worker, row)
            worker.stopping.wait(0.01)

    def _pass(self, worker, row):
        try:
            self.before(row["run_id"])
            worker.execute(row["run_id"])
        except Exception as error:
            self.errors.append(error)
            self.database.execute("UPDATE jobs SET taken = 0 WHERE id = ?", (row["id"],))
        else:
            self.database.execute("DELETE FROM jobs WHERE id = ?", (row["id"],))
'''
TABLE = (
    "CREATE TABLE jobs (id {number}, run_id VARCHAR(64), queue VARCHAR(64), priority INTEGER, taken INTEGER DEFAULT 0)"
)
NUMBERS = {"sqlite": "INTEGER PRIMARY KEY", "postgresql": "SERIAL PRIMARY KEY"}


def make_project(folder: Path, installed_plugin: Callable[..., FakePlugin], url: str, flows: str) -> Project:
    """Make a project on the queue, in an empty database."""
    installed_plugin("table", PLUGIN, modules={"queue.py": QUEUE})
    made = Project(folder)
    made.write(
        "spine.toml",
        f'[spine]\nmodules = ["flows"]\ndatabase = "{url}"\n[scheduler]\nexecutor = "table"\n'
        "[runs]\nlease_seconds = 6\n",
    )
    made.write("flows.py", flows)
    assert made.call("db", "upgrade").code == 0
    with get_adapter(url) as adapter:
        adapter.execute(TABLE.format(number=NUMBERS["sqlite" if adapter.single_writer else "postgresql"]))
    return made


def jobs(adapter: DatabaseAdapter) -> list[str]:
    """Return the run ids of the jobs, oldest first."""
    return [row["run_id"] for row in adapter.query("SELECT run_id FROM jobs ORDER BY id")]
