"""The FINRA example on workers makes the captures that it makes on one machine, byte for byte."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from tests.conftest import copy_finra
from tests.projects import DEADLINE_SECONDS, Project, wait_until

WEEKS = ("20251215", "20251222", "20251229")


def captures_of(project: Project) -> dict[tuple[str, str, int], tuple[str, bytes]]:
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


def on_workers(project: Project, url: str) -> None:
    """Let the project run on workers."""
    text = (project.root / "spine.toml").read_text()
    project.write("spine.toml", text.replace("[spine]\n", f'[spine]\ndatabase = "{url}"\n', 1) + QUEUE)


QUEUE = """
[scheduler]
executor = "procrastinate"
"""


def test_the_captures_are_the_same(finra: Project, new_postgres_database: Callable[[], str], tmp_path: Path) -> None:
    for week in WEEKS:
        assert finra.call("run", "finra.weekly_refresh", "-p", f"week={week}").code == 0
    fleet = copy_finra(tmp_path / "fleet")
    on_workers(fleet, new_postgres_database())
    assert fleet.call("db", "upgrade").code == 0
    submitted = [
        fleet.call("run", "finra.weekly_refresh", "-p", f"week={week}", "--detach", "--json").json["run_id"]
        for week in WEEKS
    ]
    workers = [fleet.start("worker", "run", "--concurrency", "1") for _ in range(2)]
    try:
        wait_until(lambda: all(fleet.call("runs", "show", run, "--json").json["completed_at"] for run in submitted))
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
            assert worker.communicate(timeout=DEADLINE_SECONDS)[1].count("Error") == 0
    made = captures_of(fleet)
    assert made == captures_of(finra)
    assert len(made) >= len(WEEKS)
