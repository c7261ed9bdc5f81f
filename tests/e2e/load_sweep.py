"""Kill a process that loads, around each commit and at random moments, and look at the target after each kill.

Usage: python -m tests.e2e.load_sweep FOLDER MODE KILLS URL: the number of random moments, and the URL of the database
that is loaded into. Prints a report as JSON. The cases are forks of this process, which has everything imported and
nothing open.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count, product
from pathlib import Path
from typing import Any

import pyarrow.parquet  # noqa: F401 - before the forks
from sqlalchemy import make_url

from spine import load, open_project
from spine.core.adapters.database import get_adapter
from spine.core.errors import QueryError
from spine.db.loads import run
from spine.framework.loads import api
from spine.storage.migrate import upgrade
from tests.e2e.forks import fork

SETTINGS = """
[spine]
database = "sqlite:///s.db"
modules = ["flows"]
[alerts]
on_failure = "none"
[runs]
max_crashes = 1000
[databases.warehouse]
{target}
"""
WEEK = {"week": "1"}


class Case:
    """A project folder with a history of its own, and the target, empty."""

    def __init__(self, folder: Path, url: str, mode: str) -> None:
        self.folder = folder
        self.mode = mode
        folder.mkdir(parents=True)
        self.url = url.replace("{folder}", str(folder))
        (folder / "spine.toml").write_text(SETTINGS.format(target=options(self.url)))
        shutil.copy(Path(__file__).with_name("load_flows.py"), folder / "flows.py")
        self.fork(self._upgrade)
        with get_adapter(self.url) as target:
            for table in ("append", "replace_partition", "merge", "scd2", "items", "core_loads"):
                target.execute(f"DROP TABLE IF EXISTS {table}")

    def fork(self, work: Callable[[], Any], kill_after: float | None = None) -> bool:
        """Run `work` in a fork; with `kill_after`, kill it so long after it has begun. Return True if it ended well."""
        return fork(work, self.folder / "begun", kill_after)

    def start(self) -> None:
        with open_project(self.folder) as project:
            (self.folder / "begun").touch()
            project.run(f"load.{self.mode}", WEEK)

    def start_to(self, load_number: int, is_committed: bool) -> None:
        """Start, and die at the end of a load: before its transaction commits, or before the step knows of it."""
        calls = count(1)

        def dies(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **options: Any) -> Any:
                found = original(*arguments, **options)
                if next(calls) == load_number:
                    os.kill(os.getpid(), signal.SIGKILL)
                return found

            return call

        if is_committed:
            api.run_load = dies(api.run_load)
        else:
            run.add_load = dies(run.add_load)  # the last statement of the transaction
        self.start()

    def resume(self) -> None:
        with open_project(self.folder) as project:
            (self.folder / "begun").touch()
            project.recover()

    def status(self) -> str | None:
        with get_adapter("sqlite", path=self.folder / "s.db") as history:
            row = history.query_one("SELECT status FROM core_workflow_runs WHERE parent_run_id IS NULL")
        return None if row is None else str(row["status"])

    def look(self) -> tuple[int, dict[str, Any]]:
        """Return the number of loads that are recorded, and the content of each table without times."""
        with get_adapter(self.url) as target, target.transaction(readonly=True) as connection:
            found: dict[str, Any] = {}
            for table in (self.mode, "items"):
                found[table] = _content(connection, table)
            loads = _rows(connection, "SELECT id FROM core_loads WHERE table_name <> 'items'")
        return len(loads), found

    def _upgrade(self) -> None:
        with open_project(self.folder) as project:
            upgrade(project.database)


def options(url: str) -> str:
    """Return the options of `[databases.NAME]` for a URL."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        return f'type = "sqlite"\npath = "{parts.database}"'
    host = parts.host or parts.query["host"]
    given = {"host": host, "port": parts.port, "username": parts.username, "database": parts.database}
    return 'type = "postgresql"\n' + "\n".join(
        f"{name} = {json.dumps(value)}" for name, value in given.items() if value is not None
    )


def _content(connection: Any, table: str) -> list[Any]:
    columns = {"items": "item, row", "scd2": "id, n, is_current, valid_to IS NULL"}.get(table, "id, n, text")
    return sorted(_rows(connection, f"SELECT {columns} FROM {table}"))


def _rows(connection: Any, query: str) -> list[Any]:
    try:
        with connection.transaction():
            return [tuple(row) for row in connection.execute(query)]
    except QueryError:
        return []  # there is no such table yet


def states_of(case: Case) -> list[list[Any]]:
    """Return the content of the table after each of the three loads, from loads that nothing disturbs."""
    from tests.e2e.load_flows import options_of, rows_of

    found: list[list[Any]] = [[]]
    given = {**options_of(case.mode), **({"partition": WEEK} if case.mode == "replace_partition" else {})}
    with open_project(case.folder):
        for version in (1, 2, 3):
            load("warehouse", case.mode, rows_of(version), **given)
            found.append(case.look()[1][case.mode])
    with get_adapter(case.url) as target:
        target.execute(f"DROP TABLE {case.mode}")
    return found


def examine(case: Case, states: list[list[Any]], what: str) -> list[str]:
    """Return a sentence for each broken guarantee of the target: what a load wrote is there with its row, or not."""
    loads, found = case.look()
    faults = []
    if loads >= len(states) or found[case.mode] != states[loads]:
        faults.append(f"{what}: {loads} loads are recorded, and the table has {len(found[case.mode])} other rows")
    items = Counter(item for item, _ in found["items"])
    if any(number != 50 for number in items.values()):
        faults.append(f"{what}: items have {dict(items)} rows")
    return faults


def sweep(folder: Path, mode: str, kills: int, url: str) -> dict[str, Any]:
    states = states_of(Case(folder / "states", url, mode))
    undisturbed = Case(folder / "undisturbed", url, mode)
    begin = time.monotonic()
    if not undisturbed.fork(undisturbed.start):
        return {"faults": ["the undisturbed run failed"], "kills": 0}
    taken = time.monotonic() - begin
    faults = examine(undisturbed, states, "undisturbed")
    expected = undisturbed.look()
    numbers = count()

    def new() -> Case:
        return Case(folder / str(next(numbers)), url, mode)

    for at, is_committed in product((1, 2, 3), (False, True)):
        faults += around_a_commit(new(), states, expected, at, is_committed)
    chance, killed = random.Random(7), 0
    while killed < kills:
        case = new()
        moments = [chance.uniform(0, taken) for _ in range(kills - killed)]
        hits, found = at_moments(case, states, expected, moments)
        killed += hits
        faults += found
        if not hits:
            taken *= 0.9  # it was slower when the time was taken
    target = url.partition(":")[0]
    return {"mode": mode, "target": target, "seconds": round(taken, 2), "kills": killed, "faults": faults}


def around_a_commit(case: Case, states: list[list[Any]], expected: Any, at: int, is_committed: bool) -> list[str]:
    """Kill a run right before or after the commit of a load, resume it, and return the faults."""
    what = f"killed {'after' if is_committed else 'before'} the commit of load {at}"
    faults = [f"not {what}"] if case.fork(lambda: case.start_to(at, is_committed)) else []
    return [*faults, *examine(case, states, what), *end(case, case.resume, expected, what)]


def at_moments(case: Case, states: list[list[Any]], expected: Any, moments: Sequence[float]) -> tuple[int, list[str]]:
    """Kill a run, and each resume of it, until one ends before its moment; return the kills and the faults."""
    work, killed, faults = case.start, 0, []
    for moment in moments:
        killed += not case.fork(work, kill_after=moment)
        faults += examine(case, states, f"case {case.folder.name}, killed after {moment:.3f} s")
        status = case.status()
        work = case.start if status is None else case.resume
        if status == "COMPLETED":
            break
    return killed, [*faults, *end(case, work, expected, f"case {case.folder.name}")]


def end(case: Case, work: Callable[[], Any], expected: Any, what: str) -> list[str]:
    """Let the run end, compare it with the undisturbed one, and remove the case."""
    case.fork(work)
    is_right = case.status() == "COMPLETED" and case.look() == expected
    shutil.rmtree(case.folder)
    return [] if is_right else [f"{what}: it did not end as the undisturbed run"]


if __name__ == "__main__":
    print(json.dumps(sweep(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]), indent=2))
