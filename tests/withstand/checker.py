"""The checker of the fault tests: what a project has kept, compared with that of an undisturbed one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attrs import asdict, define, field

from spine.core.adapters.database import DatabaseAdapter
from spine.project import open_project
from spine.storage.check import check_store

KINDS = ("lost", "doubled", "stuck", "silent", "untyped", "unsound")

_RUNS = """
SELECT run_id, idempotency_key AS key, status, error, outputs FROM core_workflow_runs WHERE project = ?
"""
_STEPS = """
SELECT s.run_id, s.step_name AS name, s.status, count(*) AS n FROM core_workflow_steps s
JOIN core_workflow_runs r ON r.run_id = s.run_id WHERE r.project = ? GROUP BY s.run_id, s.step_name, s.status
"""
_ITEMS = """
SELECT i.run_id, i.item_index, i.status FROM core_workflow_items i
JOIN core_workflow_runs r ON r.run_id = i.run_id WHERE r.project = ?
"""
_ENDS = """
SELECT e.run_id, count(*) AS n FROM core_workflow_events e JOIN core_workflow_runs r ON r.run_id = e.run_id
WHERE r.project = ? AND e.event_type IN ('run.failed', 'run.crashed') GROUP BY e.run_id
"""
_ALERTS = "SELECT run_id, count(*) AS n FROM core_alerts WHERE project = ? GROUP BY run_id"
_UNSENT = """
SELECT a.run_id, d.status FROM core_alert_deliveries d JOIN core_alerts a ON a.id = d.alert_id
WHERE d.project = ? AND d.kind = 'FIRING' AND d.status <> 'SENT'
"""
_CAPTURES = """
SELECT run_id, name, partition_key, revision, content_hash, row_count FROM core_captures WHERE project = ?
"""
_CURSORS = "SELECT run_id, source_name, value FROM core_source_state WHERE project = ?"
_PRICES = "SELECT id, price FROM withstand_prices WHERE project = ?"
_FETCHES = "SELECT DISTINCT run_id, source_name FROM core_source_fetches WHERE project = ? AND status = 'SUCCESS'"

Fact = tuple[str, ...]
Rows = Callable[[str], list[dict[str, Any]]]


@define
class Kept:
    """What a project has kept: facts that begin with the key of their run, and what its side file says."""

    facts: Counter[Fact] = field(factory=Counter)
    statuses: dict[str, str] = field(factory=dict)
    errors: dict[str, str | None] = field(factory=dict)
    failures: Counter[str] = field(factory=Counter)
    alerts: Counter[str] = field(factory=Counter)
    open: list[str] = field(factory=list)
    done: set[str] = field(factory=set)
    ran: Counter[str] = field(factory=Counter)
    faults: list[str] = field(factory=list)


@define
class Verdict:
    """Sentences about what is wrong, by kind, and the figures of what was looked at."""

    lost: list[str] = field(factory=list)
    doubled: list[str] = field(factory=list)
    stuck: list[str] = field(factory=list)
    silent: list[str] = field(factory=list)
    untyped: list[str] = field(factory=list)
    unsound: list[str] = field(factory=list)
    faults: int = 0
    cases: int = 0
    runs: int = 0
    captures: int = 0
    alerts: int = 0

    def add(self, other: Verdict, where: str = "") -> None:
        """Add another verdict, its sentences with their place."""
        for kind in KINDS:
            getattr(self, kind).extend(f"{where}: {text}" if where else text for text in getattr(other, kind))
        for name in ("faults", "cases", "runs", "captures", "alerts"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def is_clean(self) -> bool:
        return not any(getattr(self, kind) for kind in KINDS)

    def figures(self) -> dict[str, int]:
        """Return the numbers of what was found and looked at."""
        return {name: len(value) if isinstance(value, list) else value for name, value in asdict(self).items()}

    def report(self, seed: object) -> None:
        """Print the figures and the first sentences of each kind, and fail unless there are none."""
        print(json.dumps({"seed": seed, **self.figures()}))
        wrong = {kind: getattr(self, kind)[:10] for kind in KINDS if getattr(self, kind)}
        assert not wrong, json.dumps(wrong, indent=2)


def look(folder: Path) -> Kept:
    """Return what the project in `folder` has kept."""
    with open_project(folder) as project:
        kept = _look(project.database, project.name)
        side = folder / f"ran-{project.name}.log"
        kept.ran = Counter(side.read_text().split() if side.exists() else [])
        history = project.application.history
        kept.faults = check_store(history, project.application.payloads)
    return kept


def judge(kept: Kept, expected: Kept, before: Kept | None = None, acknowledged: Iterable[str] = ()) -> Verdict:
    """Compare what was kept with that of an undisturbed project.

    `before` is what was kept before the recovery: what had finished then must not have run again. `acknowledged` are
    the keys of the runs and the names of the steps that had ended as they should before the recovery.
    """
    verdict = Verdict(cases=1, runs=len(kept.statuses), alerts=kept.alerts.total(), unsound=list(kept.faults))
    verdict.captures = sum(fact[1] == "capture" for fact in kept.facts)
    for fact in (expected.facts - kept.facts).elements():
        ended_well = kept.statuses.get(fact[0]) == expected.statuses.get(fact[0])
        (verdict.silent if ended_well else verdict.lost).append(f"{' '.join(fact)} is missing")
    verdict.doubled = [f"{' '.join(fact)} is there too often" for fact in (kept.facts - expected.facts).elements()]
    verdict.stuck = list(kept.open)
    for key, status in expected.statuses.items():
        found = kept.statuses.get(key)
        if found != status and found not in ("RUNNING", "PENDING", "WAITING"):
            verdict.lost.append(f"run {key} is {found}, not {status}")
    for key in kept.failures | kept.alerts:
        missing = kept.failures[key] - kept.alerts[key]
        if missing:
            text = f"run {key} failed {kept.failures[key]} times and has {kept.alerts[key]} alerts"
            (verdict.silent if missing > 0 else verdict.doubled).append(text)
    if before is not None:
        again = sorted(name for name in before.done if kept.ran[name] != before.ran[name])
        verdict.doubled += [f"{name} had finished and ran again" for name in again]
        right = before.done | {key for key, status in before.statuses.items() if status == expected.statuses.get(key)}
        gone = [name for name in acknowledged if name not in right]
        verdict.lost += [f"{name} did not end before the recovery: {before.errors.get(name)}" for name in gone]
        verdict.unsound += before.faults
    return verdict


def _look(adapter: DatabaseAdapter, project: str) -> Kept:
    def rows(query: str) -> list[dict[str, Any]]:
        return adapter.query(query, (project,))

    kept = Kept()
    keys = {row["run_id"]: row["key"] for row in rows(_RUNS)}

    def add(run_id: str, *fact: object) -> None:
        kept.facts[(keys.get(run_id) or "?", *map(str, fact))] += 1

    _add_runs(kept, rows, add)
    _add_steps(kept, rows, keys, add)
    for row in rows(_CAPTURES):
        shown = ("name", "partition_key", "revision", "content_hash", "row_count")
        add(row["run_id"], "capture", *(_json(row[name]) for name in shown))
    for row in rows(_CURSORS):
        add(row["run_id"], "cursor", row["source_name"], _json(row["value"]))
    for row in rows(_PRICES):
        kept.facts[("completes", "price", str(row["id"]), row["price"])] += 1
    for row in rows(_FETCHES):
        add(row["run_id"], "fetch", row["source_name"])
    kept.failures = Counter({keys[row["run_id"]]: row["n"] for row in rows(_ENDS)})
    kept.alerts = Counter({keys.get(row["run_id"]) or "?": row["n"] for row in rows(_ALERTS)})
    kept.open += [f"an alert of run {keys.get(row['run_id'])} is {row['status']}" for row in rows(_UNSENT)]
    return kept


def _add_runs(kept: Kept, rows: Rows, add: Callable[..., None]) -> None:
    for row in rows(_RUNS):
        kept.statuses[row["key"]], kept.errors[row["key"]] = row["status"], row["error"]
        add(row["run_id"], "run")
        if row["status"] == "COMPLETED":
            add(row["run_id"], "outputs", json.dumps(_json(row["outputs"]), sort_keys=True))
        elif row["status"] in ("RUNNING", "PENDING", "WAITING"):
            kept.open.append(f"run {row['key']} is {row['status']}")


def _add_steps(kept: Kept, rows: Rows, keys: dict[str, str], add: Callable[..., None]) -> None:
    for row in rows(_STEPS):
        if row["status"] == "COMPLETED":
            kept.facts[(keys[row["run_id"]], "step", row["name"])] += row["n"]
            kept.done.add(row["name"])
        elif row["status"] in ("RUNNING", "WAITING"):
            kept.open.append(f"step {row['name']} is {row['status']}")
    for row in rows(_ITEMS):
        if row["status"] == "COMPLETED":
            add(row["run_id"], "item", row["item_index"])
            kept.done.add(f"each[{row['item_index']}]")


def _json(value: Any) -> Any:
    """Return a JSON value, which is text on SQLite."""
    if isinstance(value, str) and value[:1] in "{[":
        return json.loads(value)
    return value
