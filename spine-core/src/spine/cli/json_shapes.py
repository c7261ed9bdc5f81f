"""JSON Schemas of the output of each command with --json: for the reference, for `spine help --schema`, and for tests.

A shape is a kind of value, a dict of keys with their shapes, or a list with the shape of its items. A kind that ends
with `?` may be null, a key that ends with `?` may be absent, and a kind that begins with `#` is one of NAMED.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spine.storage.column_kinds import column_kinds

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Shape = str | Mapping[str, Any] | list[Any]

KINDS: dict[str, dict[str, Any]] = {
    "any": {},
    "text": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "object": {"type": "object"},
    "row": {"type": "object"},  # of data: its keys are the columns
}

NAMED: dict[str, Mapping[str, Any]] = {
    "failure": {
        "code": "text",
        "message": "text",
        "hint": "text?",
        "category": "text?",
        "retryable": "boolean",
    },
    "run": column_kinds("core_workflow_runs"),
    "step": column_kinds("core_workflow_steps"),
    "event": column_kinds("core_workflow_events"),
    "fetch": column_kinds("core_source_fetches"),
    "reject": column_kinds("core_rejects"),
    "delivery": {**column_kinds("core_alert_deliveries"), "reason": "text?"},
    "alert": column_kinds("core_alerts"),
    "incident": column_kinds("core_alert_incidents"),
    "quality": column_kinds("core_quality_results"),
    "stored_capture": column_kinds("core_captures"),
    "capture": {
        "capture_id": "text",
        "name": "text",
        "domain": "text?",
        "partition_key": "object",
        "revision": "integer",
        "content_hash": "text",
        "schema": "any",
        "row_count": "integer",
        "byte_count": "integer",
        "location": "text",
        "run_id": "text?",
        "step_name": "text?",
        "attempt": "integer?",
        "captured_at": "time",
        "metadata": "object",
        "unchanged": "boolean",
        "business_date": "text?",
        "mode": "text",
    },
    "result": {
        "workflow_name": "text",
        "run_id": "text",
        "status": "text",
        "outcome": "text?",
        "wake_at": "time?",
        "params": "object",
        "partition": "object",
        "started_at": "time?",
        "completed_at": "time?",
        "duration_seconds": "number?",
        "total_steps": "integer",
        "completed_steps": ["text"],
        "failed_steps": ["text"],
        "skipped_steps": ["text"],
        "error_step": "text?",
        "error": "text?",
        "error_category": "text?",
        "steps": [
            {
                "step_name": "text",
                "step_type": "text",
                "status": "text",
                "attempt": "integer",
                "started_at": "time?",
                "completed_at": "time?",
                "duration_seconds": "number?",
                "output": "object",
                "error": "text?",
                "error_category": "text?",
                "failure?": "object",
            }
        ],
        "plan?": ["#planned_step"],
        "rejected_rows?": "integer",
        "contract_warnings?": "integer",
        "tolerated?": ["text"],
    },
    "planned_step": {
        "step": "text",
        "type": "text",
        "action": "text",
        "reason": "text",
        "does": "text",
        "dry_run": "text",
        "output": "any",
    },
    "backfill": {
        "id": "text",
        "workflow_name": "text",
        "status": "text",
        "counts": {
            "total": "integer",
            "completed": "integer",
            "unchanged": "integer",
            "failed": "integer",
            "cancelled": "integer",
            "running": "integer",
            "elsewhere": "integer",
            "left": "integer",
        },
        "waiting": "integer",
        "interrupted": "integer",
        "params": "object",
        "options": {"choices": ["text"], "max_parallel": "integer", "order": "text"},
        "created_at": "time",
        "completed_at": "time?",
        "cancel_requested_at": "time?",
        "lease_owner": "text?",
        "is_abandoned": "boolean",
        "partitions": ["object"],
        "runs?": [
            {
                "partition": "object",
                "run_id": "text",
                "status": "text",
                "outcome": "text?",
                "error": "text?",
                "elsewhere": "boolean",
                "is_abandoned": "boolean",
            }
        ],
        "refused?": [{"partition": "object", "error": "text"}],
    },
    "schedule": {
        "name": "text",
        "target_type": "text",
        "target_name": "text",
        "when": "text",
        "timezone": "text",
        "state": "text",
        "gone_at": "time?",
        "next_run_at": "time?",
        "is_overdue": "boolean",
        "last_run_at": "time?",
        "last_run_status": "text?",
    },
    "moment": {
        "scheduled_at": "time",
        "utc": "time",
        "clocks": "text",
        "moved": "text",
        "blackout": "text",
    },
    "source": {"name": "text", "source_type": "text", "domain": "text?", "declared_in": "text"},
    "plugin": {
        "name": "text",
        "distribution": "text",
        "version": "text",
        "state": "text",
        "reason": "text?",
    },
    "sent": {
        "channel_name": "text",
        "success": "boolean",
        "message": "text?",
        "response": "any",
        "error": "object?",
        "delivered_at": "time",
        "attempt": "integer",
    },
    "node": {"id": "text", "kind": "text", "label": "text"},
    "tables_after": {
        "database": "text",
        "version_before?": "text?",
        "version": "text?",
        "needed": "text",
        "plugins?": "object",
    },
}
_PROVIDED = {"kind": "text", "name": "text", "help": "text"}
_STATE = {"value": "any", "run_id": "text?", "updated_at": "time?"}
_QUALITY = {key: kind for key, kind in NAMED["quality"].items() if key != "project"}
_DELIVERED = {"delivery": "text?", "reason": "text?", "is_overdue": "boolean", "ends_after": "text?"}
_LISTED_ALERT = {**NAMED["alert"], **_DELIVERED, "incident_resolved_at": "time?"}
_TICK = {key: kind for key, kind in column_kinds("core_schedule_runs").items() if key != "project"}
_WRITTEN = {"nan_as_null?": ["text"], "json_text?": ["text"]}

SHAPES: dict[str, Shape] = {
    "init": {"root": "text", "template": "text", "files": ["text"], "scripts": ["text"]},
    "run": "#result",
    "plan": {
        "workflow": "text",
        "params": "object",
        "partition": "object",
        "steps": ["#planned_step"],
        "last_completed": "#run?",
    },
    "workflows check": [{"workflow": "text", "problem": "text"}],
    "workflows graph": [{"source": "text", "target": "text?", "label": "text"}],
    "workflows list": [
        {
            "name": "text",
            "version": "integer",
            "domain": "text",
            "steps": "integer",
            "partition_by": ["text"],
            "tier": "text",
            "description": "text",
        }
    ],
    "workflows show": {
        "name": "text",
        "version": "integer",
        "steps": ["object"],
        "definition_hash": "text",
        "*": "any",
    },
    "pipelines history": [column_kinds("core_executions")],
    "pipelines list": [{"name": "text", "description": "text"}],
    "pipelines show": {"name": "text", "description": "text", "help": "text"},
    "runs affected": [
        {
            "kind": "text",
            "name": "text",
            "*": "any",
        }
    ],
    "runs cancel": "#result",
    "status": {
        "project": "text",
        "workflows": [
            {
                "name": "text",
                "last": [
                    {
                        "run_id": "text",
                        "status": "text",
                        "outcome": "text?",
                        "started_at": "time?",
                        "partition_key": "object",
                    }
                ],
                "failing_since": "time?",
                "failed_runs": "integer",
                "failed_run": "text?",
                "error": "text?",
                "next_run_at": "time?",
                "is_overdue": "boolean",
            }
        ],
        "overdue_schedules": ["text"],
        "scheduler_seen_at": "time?",
        "running": [{**NAMED["run"], "is_abandoned": "boolean"}],
        "open_runs": "integer",
        "abandoned": [
            {
                "run_id": "text",
                "workflow_name": "text",
                "status": "text",
                "started_at": "time",
                "parent_run_id": "text?",
                "backfill_id": "text?",
                "lease_owner": "text?",
                "lease_expires_at": "time?",
                "is_abandoned": "boolean",
            }
        ],
        "active_schedules": ["text"],
        "schedulers": ["object"],
        "ill_schedulers": [{"process": "text", "last_error": "text"}],
        "outdated_schedulers": [{"process": "text", "file": "text"}],
        "workers": ["object"],
        "waiting_for_worker": "integer",
        "stranded": [
            {
                "queue": "text",
                "workflow_name": "text",
                "definition_hash": "text",
                "runs": "integer",
                "since": "time",
                "lacks": "text",
            }
        ],
        "incidents": [_LISTED_ALERT],
        "open_incidents": "integer",
        "unsent": "integer",
        "overdue": "integer",
        "backfills": ["#backfill"],
        "stale": ["text"],
        "stale_in_turn": ["text"],
    },
    "runs list": [{**NAMED["run"], "is_abandoned": "boolean"}],
    "runs items": [
        {
            **{
                name: kind
                for name, kind in column_kinds("core_workflow_items").items()
                if name not in ("run_id", "step_name", "first_attempt")
            },
            "item": "text?",
        }
    ],
    "runs logs": [column_kinds("core_run_logs")],
    "runs park": {"run_id": "text", "park_requested": "boolean"},
    "runs recover": ["#result"],
    "runs report": {"run_id": "text", "format": "text", "path": "text", "byte_count": "integer"},
    "runs resume": "#result",
    "runs show": {
        **NAMED["run"],
        "is_abandoned": "boolean",
        "waits_for": "text?",
        "trace_id": "text",
        "steps": ["#step"],
        "fetches": ["#fetch"],
        "captures": ["#stored_capture"],
        "rejects": ["#reject"],
        "quality": ["#quality"],
        "items": [{"step_name": "text", "status": "text", "items": "integer"}],
        "failed_items": ["object"],
        "children": ["#run"],
        "events": ["#event"],
    },
    "runs wake": ["#result"],
    "runs watch": "#run",
    "emit": {"name": "text", "key": "text", "is_new": "boolean"},
    "partitions": [
        {
            "partition": "object",
            "state": "text",
            "run_id": "text?",
            "workflow_version": "integer?",
            "started_at": "time?",
            "completed_at": "time?",
        }
    ],
    "backfill": "#backfill",
    "backfills cancel": "#backfill",
    "backfills list": ["#backfill"],
    "backfills resume": "#backfill",
    "backfills show": "#backfill",
    "sources check": [{"name": "text", "ok": "boolean", "problem": "text?"}],
    "sources fetch": {
        "source_name": "text",
        "source_type": "text",
        "fetched_at": "time",
        "content_changed": "boolean",
        "row_count?": "integer",
        "to?": "text",
        **_WRITTEN,
        "*": "any",
    },
    "sources history": ["#fetch"],
    "sources list": ["#source"],
    "sources preview": ["row"],
    "sources show": {**NAMED["source"], "options": "object", "last_fetch": "#fetch?"},
    "sources state list": [{"name": "text", **_STATE}],
    "sources state reset": {"source": "text", "forgotten": "boolean"},
    "sources state set": {"source": "text", "value": "any"},
    "sources state show": {"source": "text", **_STATE},
    "captures diff": {
        "name": "text",
        "partition": "object",
        "old_revision": "integer",
        "new_revision": "integer",
        "added": "integer",
        "removed": "integer",
        "changed": "integer",
        "unchanged": "integer",
        "samples": {"added": ["row"], "removed": ["row"], "changed": ["row"]},
        "schema": [{"column": "text", "old": "text?", "new": "text?"}],
    },
    "captures export": {"name": "text", "path": "text", "rows": "integer", **_WRITTEN},
    "captures forget": [{**NAMED["capture"], "forgotten": "boolean"}],
    "captures gc": [
        {"location": "text", "kind": "text", "byte_count": "integer", "modified_at": "time", "removed": "boolean"}
    ],
    "captures lineage": {
        "nodes": [{**NAMED["node"], "*": "any"}],
        "edges": [{"from": "text", "to": "text"}],
        "*": "any",
    },
    "captures list": ["#capture"],
    "captures read": ["row"],
    "captures show": {**NAMED["capture"], "file": "text", "quality": [_QUALITY]},
    "captures stale": [
        {
            "in_turn": "boolean",
            "name": "text",
            "partition": "object",
            "revision": "integer",
            "inputs": [
                {
                    "name": "text",
                    "partition": "object",
                    "revision_read": "integer",
                    "current_revision": "integer",
                    "*": "any",
                }
            ],
            "*": "any",
        }
    ],
    "captures verify": {"revisions": "integer", "files": "integer", "damaged": ["object"]},
    "schedules add": {"name": "text", "next": ["#moment"]},
    "schedules history": [_TICK],
    "schedules lint": [{"schedule": "text", "kind": "text", "at": "time", "text": "text"}],
    "schedules list": ["#schedule"],
    "schedules next": ["#moment"],
    "schedules pause": "#schedule",
    "schedules remove": {"name": "text", "state": "text"},
    "schedules resume": "#schedule",
    "schedules show": {**NAMED["schedule"], "rules": "object", "next": ["#moment"]},
    "schedules trigger": "#result",
    "scheduler run": [
        {
            "process": "text",
            "well": "boolean",
            "started_at": "time",
            "beat_at": "time",
            "ticks": "integer",
            "runs_going": "integer",
            "hung": "integer",
            "last_error": "text?",
        }
    ],
    "workers list": [
        {
            **column_kinds("core_workers"),
            "runs": ["any"],
            "state": "text",
            "version": "text",
            "differs": "any",
        }
    ],
    "alerts ack": "#incident",
    "alerts channels": ["object"],
    "alerts flush": ["#sent"],
    "alerts history": [{**NAMED["delivery"], "title": "text"}],
    "alerts list": [_LISTED_ALERT],
    "alerts resolve": "#incident",
    "alerts retry": ["#sent"],
    "alerts route": [{"name": "text", "takes": "boolean", "reason": "text"}],
    "alerts show": {**NAMED["alert"], **_DELIVERED, "deliveries": ["#delivery"]},
    "alerts silence": {"id": "text", "match": "object", "comment": "text?", "ends_at": "time"},
    "alerts test": ["#sent"],
    "history prune": [{"table": "text", "rows": "integer"}],
    "db adopt": {"rows": "integer", "*": "integer"},
    "db check": [{"fault": "text"}],
    "db copy": {
        "source": "text",
        "target": "text",
        "project": "text",
        "continued": "boolean",
        "rows": "integer",
        "seconds": "number",
        "tables": "object",
        "not_copied": "any",
    },
    "db downgrade": "#tables_after",
    "db list": [{"name": "text", "dialect": "text", "error": "text?", "*": "any"}],
    "db status": {
        "database": "text",
        "version": "text?",
        "needed": "text",
        "up_to_date": "boolean",
        "plugins?": "object",
    },
    "db upgrade": "#tables_after",
    "metrics": [
        {
            "name": "text",
            "type": "text",
            "help": "text",
            "samples": [{"name": "text", "labels": "object", "value": "number"}],
        }
    ],
    "doctor": [{"check": "text", "status": "text", "says": "text", "fix": "text"}],
    "config show": {"*": {"value": "any", "origin": "text"}},
    "plugins check": [{"plugin": "text", "fault": "text"}],
    "plugins list": [{**NAMED["plugin"], "provides": [_PROVIDED]}],
    "plugins show": {**NAMED["plugin"], "provides": [{**_PROVIDED, "target": "text", "options": ["object"]}]},
}


def schema_of(path: str, *, closed: bool = False) -> dict[str, Any]:
    """Return the JSON Schema of what the command with that path prints; `closed` refuses keys that it does not name.

    Raises KeyError for a command that prints no JSON.
    """
    return _document(f"spine {path} --json", SHAPES[path], closed=closed)


def failure_schema(*, closed: bool = False) -> dict[str, Any]:
    """Return the JSON Schema of what any command prints that fails."""
    return _document("failure of a command with --json", NAMED["failure"], closed=closed)


def all_schemas() -> dict[str, Any]:
    """Return one document with the schema of each command in `$defs`, by its path."""
    commands = {f"spine {path}": _schema(shape, False) for path, shape in SHAPES.items()}
    return {"$schema": _DIALECT, "$defs": {**{name: _schema(NAMED[name], False) for name in NAMED}, **commands}}


def _document(title: str, shape: Shape, *, closed: bool) -> dict[str, Any]:
    top = {"$schema": _DIALECT, "title": title}
    named = {name: _schema(NAMED[name], closed) for name in sorted(_names_in(shape))}
    return {**top, **_schema(shape, closed), **({"$defs": named} if named else {})}


def _names_in(shape: Shape) -> set[str]:
    """Return the names of NAMED that a shape needs, directly or through others."""
    if isinstance(shape, str):
        name = shape.strip("#?")
        return {name, *_names_in(NAMED[name])} if shape.startswith("#") else set()
    below = shape if isinstance(shape, list) else shape.values()
    return set().union(*map(_names_in, below))


def _schema(shape: Shape, closed: bool) -> dict[str, Any]:
    if isinstance(shape, str):
        return _of_kind(shape)
    if isinstance(shape, list):
        return {"type": "array", "items": _schema(shape[0], closed)}
    keys = {key.removesuffix("?"): _schema(below, closed) for key, below in shape.items() if key != "*"}
    needed = [key for key in shape if key != "*" and not key.endswith("?")]
    found: dict[str, Any] = {"type": "object", "properties": keys, "required": needed}
    if "*" in shape:
        return {**found, "additionalProperties": _schema(shape["*"], closed)}
    return {**found, "additionalProperties": False} if closed else found


def _of_kind(kind: str) -> dict[str, Any]:
    name = kind.removesuffix("?")
    found = {"$ref": f"#/$defs/{name[1:]}"} if name.startswith("#") else KINDS[name]
    return {"anyOf": [found, {"type": "null"}]} if kind.endswith("?") and found else found
