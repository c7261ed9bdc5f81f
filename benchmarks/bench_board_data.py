"""Duration of the board's pages about data and time on a long history.

Usage: bench_board_data.py [RUNS]; by default 100,000 runs, 20,000 of them of a workflow with daily partitions since
2016; 1,000 captures with lineage, one of 1,000 partitions; 100,000 fetches and ticks, 50,000 rejects, 5,000 alerts.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench_board import report
from bench_history import fill
from sqlalchemy import Table, insert
from starlette.testclient import TestClient

from spine.core.clock import utc_now
from spine.core.ids import new_id
from spine.framework.captures import capture
from spine.project import Project, open_project
from spine.storage.tables.alerts import alert_deliveries, alert_incidents, alerts
from spine.storage.tables.captures import captures
from spine.storage.tables.lineage import lineage, quality_results
from spine.storage.tables.runs import runs
from spine.storage.tables.schedules import schedule_runs
from spine.storage.tables.sources import rejects, source_fetches
from spine.testing.project import make_project
from spine_board.app import create_app

FLOWS = """
from spine.orchestration import Daily, Step, Workflow, workflow_registry

steps = [Step.lambda_("a", lambda context, config: {})]
for number in range(40):
    workflow_registry.register(Workflow(f"workflow.{number}", steps))
workflow_registry.register(Workflow("daily", steps, partitions=Daily("day", start="2016-01-01")))
"""
SOURCES = "".join(f'[sources.s{number}]\ntype = "file"\npath = "s{number}.csv"\n' for number in range(20))
SCHEDULES = "".join(
    f'[schedules.t{number}]\nworkflow = "workflow.{number}"\nevery = "{number + 10}m"\n' for number in range(40)
)
START = datetime(2026, 1, 1, tzinfo=UTC)


def store(project: Project, table: Table, rows: Iterator[dict[str, object]]) -> None:
    """Insert rows in batches."""
    found = [{"project": project.history_name, **row} for row in rows]
    for first in range(0, len(found), 10_000):
        with project.database.engine.begin() as connection:
            connection.execute(insert(table), found[first : first + 10_000])


def partition_runs(count: int) -> Iterator[dict[str, object]]:
    counts = {"total_steps": 1, "completed_steps": 1, "failed_steps": 0, "skipped_steps": 0}
    facts = {"workflow_name": "daily", "workflow_version": 1, "params": {}, "outputs": {}, "duration_ms": 1}
    for number in range(count):
        day, at = date(2016, 1, 1) + timedelta(days=number % 3_500), START + timedelta(minutes=number)
        status = "FAILED" if number % 50 == 3 else "COMPLETED"
        yield {
            **counts,
            **facts,
            "run_id": new_id(),
            "partition_key": {"day": day.isoformat()},
            "status": status,
            "started_at": at,
            "completed_at": at,
            "triggered_by": "cli",
            "definition_hash": "0" * 64,
            "created_at": at,
        }


def revisions(location: str, content: str) -> Iterator[dict[str, object]]:
    """Yield three revisions of each of 1,000 names, and five of each of 1,000 partitions of one name."""
    keys = [(f"capture.{number}", {}, 3) for number in range(1_000)]
    keys += [("wide", {"part": str(number)}, 5) for number in range(1_000)]
    for number, (name, partition, count) in enumerate(keys):
        for revision in range(1, count + 1):
            at = START + timedelta(minutes=number + revision)
            yield {
                "capture_id": f"{name}-{number}-{revision}",
                "name": name,
                "partition_key": partition,
                "revision": revision,
                "content_hash": content,
                "schema": [["n", "int64"]],
                "row_count": number,
                "byte_count": 1_000,
                "location": location,
                "run_id": f"run-{number}",
                "step_name": "a",
                "attempt": 1,
                "captured_at": at,
                "metadata": {},
                "mode": "replace",
                "replaced_at": None if revision == count else at,
            }


def edges() -> Iterator[dict[str, object]]:
    """Yield a chain: each capture was made from the one before it, and every tenth from an old revision."""
    for number in range(1_000):
        step = {"run_id": f"run-{number}", "step_name": "a", "attempt": 1, "kind": "capture", "at": START}
        read = 2 if number % 10 == 5 else 3
        if number:
            reference = f"capture.{number - 1}-{number - 1}-{read}"
            yield {**step, "id": new_id(), "direction": "READ", "reference": reference, "content_hash": None}
        written = f"capture.{number}-{number}-3"
        yield {**step, "id": new_id(), "direction": "WRITE", "reference": written, "content_hash": None}


def checks() -> Iterator[dict[str, object]]:
    for number in range(20_000):
        yield {
            "id": new_id(),
            "run_id": f"run-{number}",
            "step_name": "a",
            "capture_name": "capture.999",
            "partition_key": {},
            "contract": "c",
            "check_name": f"check {number % 5}",
            "severity": "fail",
            "passed": number % 7 != 0,
            "checked_at": START + timedelta(minutes=number // 5),
        }


def fetches() -> Iterator[dict[str, object]]:
    for number in range(100_000):
        at = START + timedelta(minutes=number)
        yield {
            "id": new_id(),
            "source_name": f"s{number % 20}",
            "source_type": "file",
            "status": "FAILED" if number % 20 == 7 else "SUCCESS",
            "record_count": number,
            "started_at": at,
            "completed_at": at,
            "duration_ms": 5,
            "retry_count": 0,
        }


def rejected() -> Iterator[dict[str, object]]:
    for number in range(50_000):
        reason = f"reason {number % 12}"
        row = {"id": new_id(), "source_name": "s1", "location": "s1.csv", "line_number": number, "raw": "1,2,3"}
        yield {**row, "reason": reason, "created_at": START + timedelta(seconds=number)}


def ticks(project: Project) -> Iterator[dict[str, object]]:
    ids = [project.schedules.get(f"t{number}").id for number in range(40)]
    now = utc_now()
    for number in range(100_000):
        at = now - timedelta(minutes=number // 4)
        status = "MISSED" if number % 300 == 7 else "COMPLETED"
        place = number % 40
        yield {
            "id": new_id(),
            "schedule_id": ids[place],
            "schedule_name": f"t{place}",
            "scheduled_at": at,
            "status": status,
            "cause": str(number),
            "facts": {},
        }


def raised() -> tuple[list[dict[str, object]], list[dict[str, object]], list[dict[str, object]]]:
    """Return alerts, their incidents and their deliveries."""
    found: tuple[list[dict[str, object]], ...] = ([], [], [])
    for number in range(5_000):
        at, alert, incident = START + timedelta(minutes=number), new_id(), new_id()
        facts = {"severity": "ERROR", "title": f"title {number}", "message": "m", "source": "s", "metadata": {}}
        found[0].append({"id": alert, **facts, "fingerprint": str(number), "created_at": at, "incident_id": incident})
        over = {"alert_count": 1, "opened_at": at, "resolved_at": None if number % 50 == 0 else at}
        found[1].append({"id": incident, "fingerprint": str(number), "alert_id": alert, **over})
        status = "PENDING" if number % 50 == 0 else "SENT"
        delivery = {"id": new_id(), "alert_id": alert, "channel_name": "ops", "status": status, "attempt": 1}
        found[2].append({**delivery, "attempted_at": at})
    return found[0], found[1], found[2]


def fill_data(project: Project, count: int) -> None:
    fill(project.application.history, 0, count - 20_000)
    store(project, runs, partition_runs(20_000))
    made = capture("seed", [{"n": number} for number in range(10_000)])
    store(project, captures, revisions(made.location, made.content_hash))
    store(project, lineage, edges())
    store(project, quality_results, checks())
    store(project, source_fetches, fetches())
    store(project, rejects, rejected())
    project.schedules.pause("t39")  # which writes the schedules
    store(project, schedule_runs, ticks(project))
    for table, rows in zip((alerts, alert_incidents, alert_deliveries), raised(), strict=True):
        store(project, table, iter(rows))


PAGES = {
    "partitions": "/partitions",
    "partitions of a workflow": "/partitions/daily",
    "partitions that failed": "/partitions/daily?state=failed&sort=completed_at",
    "plan of a backfill": "/partitions/daily/plan?missing=on&failed=on",
    "captures": "/captures",
    "a capture": "/captures/capture.999",
    "a capture in the middle of its lineage": "/captures/capture.500?depth=20",
    "a capture with 1,000 partitions": "/captures/wide",
    "a diff": "/captures/capture.999/diff",
    "schedules": "/schedules",
    "schedules of a month": "/schedules?window=month",
    "a schedule": "/schedules/t1",
    "sources": "/sources",
    "a source": "/sources/s1",
    "alerts": "/alerts",
    "plugins": "/plugins",
    "doctor": "/doctor",
}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        made = make_project(Path(folder), flows=FLOWS, settings=SOURCES + SCHEDULES)
        with open_project(made) as project:
            fill_data(project, count)
            print(f"{count:,} runs, SQLite: median and most of 20")
            with TestClient(create_app(project), base_url="http://127.0.0.1:8470") as client:
                for name, path in PAGES.items():
                    answer = client.get(path)
                    assert answer.status_code == 200, (path, answer.text)
                    report(f"{name} ({len(answer.content) / 1000:.0f} kB)", lambda path=path: client.get(path))


if __name__ == "__main__":
    main()
