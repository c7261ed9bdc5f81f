"""Duration of the list, the lineage, the stale captures and a plan of forgetting, over 100,000 captures.

Usage: bench_lineage.py [DATABASE_URL]; by default in a new SQLite file.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from spine.core.ids import new_id
from spine.framework.lineage import Direction, Edge, EdgeKind
from spine.project import Project, open_project
from spine.storage.lineage.store import insert_edges
from spine.storage.tables.captures import captures

DAYS = 10_000
NAMES = ("raw", "clean", "joined", "total", "report")  # each made from the one before, in two revisions
FIRST = datetime(1999, 1, 1, tzinfo=UTC)
STALE = 100


def row(name: str, day: int, revision: int, run: str, at: datetime, replaced_at: datetime | None) -> dict[str, Any]:
    return {
        "project": "bench",
        "capture_id": new_id(),
        "name": name,
        "domain": None,
        "partition_key": {"day": (FIRST + timedelta(days=day)).date().isoformat()},
        "revision": revision,
        "content_hash": "0" * 64,
        "schema": [["symbol", "string"], ["shares", "int64"]],
        "row_count": 1000,
        "byte_count": 20_000,
        "location": f"{name}/{day}-{revision}.parquet",
        "run_id": run,
        "step_name": name,
        "attempt": 1,
        "captured_at": at,
        "metadata": {},
        "replaced_at": replaced_at,
    }


def day_of(day: int) -> Iterator[tuple[list[dict[str, Any]], list[Edge]]]:
    """Yield the captures and edges of the two runs of a day; for some days the second ends after its first step."""
    for revision in (1, 2):
        run, before, rows, edges = new_id(), None, [], []
        at = FIRST + timedelta(days=day, hours=revision)
        for name in NAMES if revision == 1 or day >= STALE else NAMES[:1]:
            is_replaced = revision == 1 and (day >= STALE or name == NAMES[0])
            made = row(name, day, revision, run, at, at + timedelta(hours=1) if is_replaced else None)
            rows.append(made)
            if before is not None:
                edges.append(Edge(run, name, 1, Direction.READ, EdgeKind.CAPTURE, before, "0" * 64, at))
            before = made["capture_id"]
            edges.append(Edge(run, name, 1, Direction.WRITE, EdgeKind.CAPTURE, before, "0" * 64, at))
        yield rows, edges


def fill(project: Project) -> int:
    history, count = project.application.history, 0
    for first in range(0, DAYS, 500):
        with history.engine.begin() as connection:
            for day in range(first, first + 500):
                for rows, edges in day_of(day):
                    connection.execute(insert(captures), rows)
                    insert_edges(history, connection, edges)
                    count += len(rows)
    return count


def measured(what: str, work: Callable[[], Any]) -> None:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - began)
    print(f"{what}: median {statistics.median(times):.3f} s, longest {max(times):.3f} s, {len(found):,} found")


def main(url: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        database = f'database = "{url}"\n' if url else ""
        (root / "spine.toml").write_text(f'[spine]\nname = "bench"\n{database}')
        with open_project(root) as project:
            count = fill(project)
            print(f"{type(project.database).__name__}: {count:,} captures, {2 * count - 2 * DAYS:,} edges")
            day = {"day": (FIRST + timedelta(days=DAYS - 1)).date().isoformat()}
            measured("list the newest hundred", lambda: project.captures.list(limit=100))
            measured("list the current revisions of one name", lambda: current(project, "total"))
            measured("lineage up", lambda: project.captures.lineage("report", partition=day).nodes)
            measured("lineage down", lambda: project.captures.lineage("raw", "down", partition=day).nodes)
            measured("stale captures", project.captures.stale)
            measured("stale captures of one name", lambda: project.captures.stale("clean"))
            measured("plan to forget", lambda: project.captures.forget("report", keep=1, dry_run=True))


def current(project: Project, name: str) -> Any:
    from spine.framework.captures.store import capture_store

    return capture_store().find_all(name)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
