"""The plain renderings of screens at three widths, as they are kept in `screens/`.

`WRITE_SCREENS=1` writes them anew: look at each before you commit it.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spine.cli.cells import width
from spine.testing import FixedClock
from tests.projects import Project

FLOWS = """
import logging
from decimal import Decimal
from spine.framework.captures import capture
from spine.framework.pipelines import pipeline
from spine.orchestration import Step, Workflow, workflow_registry

CUT = "the file has 3 rows of 5,000: it was not complete when it was fetched, or the server cut it"


@pipeline("prices.load", description="Loads the prices of one day, and keeps them as a capture.")
def load(params):
    return {"record_count": capture("prices", [{"symbol": "日本", "price": 1.5}]).row_count}


def check(ctx, config):
    if ctx.params["day"] == "2026-01-02":
        logging.getLogger("flows").warning("the file of %s is short", ctx.params["day"])
        raise ValueError(CUT)


def branch(ctx, config):
    return None


both = {"left": [Step.lambda_("a", branch)], "right": [Step.lambda_("b", branch)]}
steps = [Step.pipeline("load", "prices.load"), Step.lambda_("check", check)]
described = "Fetches the prices of the day 日本語 👨‍👩‍👧."
workflow_registry.register(
    Workflow("prices", steps, defaults={"day": "2026-01-01"}, partition_by=["day"], description=described)
)


def price(context, item):
    return {"price": str(Decimal(item["price"]))}


def listed(context):
    return [{"symbol": "日本", "price": "1.50"}, {"symbol": "BRK.B", "price": "12,5"}, {"symbol": "ACME", "price": "2"}]


each = Step.map("each", listed, function=price, item_key="symbol", max_concurrency=1)
workflow_registry.register(Workflow("items", [each]))
workflow_registry.register(Workflow("branches", [Step.parallel("both", both, max_concurrency=1)]))
"""
SETTINGS = """[spine]
name = "screens"
modules = ["flows"]

[schedules.daily]
workflow = "prices"
cron = "0 6 * * MON-FRI"
timezone = "America/New_York"

[channels.team]
type = "console"
min_severity = "CRITICAL"

[channels.desk]
type = "webhook"
url = "http://127.0.0.1:9/hooks/T0K3N"

[channels.mail]
type = "email"
smtp_host = "smtp.example.org"
from_address = "spine@example.org"
recipients = ["desk@example.org"]
enabled = false
"""
FIXED = {"duration_ms": 1230, "byte_count": 903}
NOW = "2026-01-05 10:09:30"
SCREENS = {
    "status": ("status",),
    "runs-list": ("runs", "list"),
    "runs-show-failed": ("runs", "show", "FAILED"),
    "runs-show-branches": ("runs", "show", "BRANCHES"),
    "runs-show-items": ("runs", "show", "ITEMS"),
    "runs-items-failed": ("runs", "items", "ITEMS", "--failed"),
    "runs-logs": ("runs", "logs", "FAILED"),
    "captures-list": ("captures", "list"),
    "workflows-list": ("workflows", "list"),
    "alerts-list": ("alerts", "list"),
    "alerts-channels": ("alerts", "channels"),
    "alerts-show": ("alerts", "show", "latest"),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with three runs, one of which failed, at fixed times."""
    found = Project(tmp_path_factory.mktemp("screens"))
    found.write("spine.toml", SETTINGS)
    found.write("flows.py", FLOWS)
    for arguments in (("items",), ("prices",), ("prices", "-p", "day=2026-01-02"), ("branches",)):
        found.call("run", *arguments)
    times = {"started_at", "completed_at", "created_at", "timestamp", "captured_at", "sent_at", "attempted_at"}
    times |= {"next_retry_at", "opened_at", "last_failure_at", "updated_at"}
    with sqlite3.connect(found.root / ".spine" / "spine.db") as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
            at = "'2026-01-05T10:06:00.000000+00:00'"
            fixed = [f"{name} = CASE WHEN {name} IS NULL THEN NULL ELSE {at} END" for name in sorted(columns & times)]
            fixed += [f"{name} = {value}" for name, value in FIXED.items() if name in columns]
            if fixed:
                database.execute(f"UPDATE {table} SET {', '.join(fixed)}")
        database.execute("UPDATE core_alert_deliveries SET attempt = 1")  # a slow machine tries again between the runs
        database.execute("UPDATE core_alert_channels SET consecutive_failures = 1 WHERE consecutive_failures > 0")
    return found


@pytest.fixture(autouse=True)
def _at_a_fixed_time_in_new_york(fixed_clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    fixed_clock.set(datetime.fromisoformat(NOW).replace(tzinfo=UTC))
    monkeypatch.setenv("TZ", "America/New_York")
    monkeypatch.setenv("TERM", "dumb")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("columns", [80, 100, 160])
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_as_it_is_kept(project: Project, name: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = {
        "FAILED": project.call("runs", "list", "--failed", "--json").json[0]["run_id"],
        "ITEMS": project.call("runs", "list", "--workflow", "items", "--json").json[0]["run_id"],
        "BRANCHES": project.call("runs", "list", "--workflow", "branches", "--json").json[0]["run_id"],
    }
    ids = _ids(project)
    monkeypatch.setattr("spine.cli.screen.terminal_columns", lambda _stream: columns)
    shown = project.call(*(runs.get(argument, argument) for argument in SCREENS[name])).out
    shown = shown.replace(str(project.root), "/home/ann/prices")
    assert "\x1b" not in shown
    assert max(map(width, shown.splitlines())) <= columns
    for number, found in enumerate(ids):
        label = f"{number:08x}"
        shown = shown.replace(found, f"{'0' * 24}{label}").replace(found[-8:], label)
    shown = re.sub(r"\+0\.\d\d s", "+0.01 s", shown)
    kept = Path(__file__).parent / "screens" / f"{name}-{columns}.txt"
    if os.environ.get("WRITE_SCREENS"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(shown)
    assert shown == kept.read_text()


def _ids(project: Project) -> list[str]:
    """Return the ids of runs and alerts, oldest first."""
    tables = {"core_workflow_runs": "run_id", "core_alerts": "id", "core_alert_incidents": "id"}
    query = " UNION ALL ".join(f"SELECT {name} FROM {table}" for table, name in tables.items()) + " ORDER BY 1"
    with sqlite3.connect(project.root / ".spine" / "spine.db") as database:
        return [row[0] for row in database.execute(query)]
