"""Differences between two definitions of a workflow, such as the one a run started with and the current one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.records import RunRecord
from spine.orchestration.registry import ChangedWorkflowError

_SHOWN = 3


def check_definition(run: RunRecord, workflow: Workflow, before: Mapping[str, Any] | None) -> None:
    """Raise ChangedWorkflowError, with the differences, if `workflow` differs from the run's definition."""
    if run.definition_hash == workflow.definition_hash():
        return
    found = definition_changes(before, workflow.to_dict()) if before else ["its earlier definition is not kept"]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise ChangedWorkflowError(
        f"workflow {workflow.name!r} has changed since run {run.run_id} began: {'; '.join(found[:_SHOWN])}{more}; "
        "start a new run, or resume this one with --force"
    )


def definition_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return a text for each difference between two definitions of a workflow."""
    changes = []
    for part in ("steps", "on_failure", "on_success"):
        changes += _step_changes(before.get(part, ()), after.get(part, ()))
    for name in sorted({*before, *after} - {"steps", "on_failure", "on_success"}):
        if before.get(name) != after.get(name):
            changes.append(f"{name} was {before.get(name)!r:.60}, is {after.get(name)!r:.60}")
    return changes


def _step_changes(before: Any, after: Any) -> list[str]:
    old, new = {step["name"]: step for step in before}, {step["name"]: step for step in after}
    changes = [f"step {name!r} is gone" for name in old if name not in new]
    changes += [f"step {name!r} is new" for name in new if name not in old]
    for name in (name for name in old if name in new and old[name] != new[name]):
        keys = sorted(key for key in {*old[name], *new[name]} if old[name].get(key) != new[name].get(key))
        changes.append(f"step {name!r} has another {' and '.join(keys)}")
    kept = [name for name in old if name in new]
    if kept != [name for name in new if name in old]:
        changes.append("the steps are in another order")
    return changes
