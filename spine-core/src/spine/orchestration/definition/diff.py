"""Differences between two definitions of a workflow, such as the one a run started with and the current one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.records import RunRecord
from spine.orchestration.registry import ChangedWorkflowError

_SHOWN = 3


# of a workflow: facts that a run has recorded, that describe it, or that limit it from now on
_HARMLESS = frozenset(
    ("description", "version", "tags", "defaults", "params", "partition_by", "resolve_params", "limits", "timeout")
)
_HARMLESS_IN_STEPS = frozenset(("retry_policy", "timeout", "max_memory", "item_timeout", "dry_run"))
_OF_THE_FLOW = frozenset(("type", "on_error", "next_step", "then_step", "else_step"))


def check_definition(
    run: RunRecord, workflow: Workflow, before: Mapping[str, Any] | None, passed: Collection[str] = ()
) -> None:
    """Raise ChangedWorkflowError, with the differences, if the rest of the run would differ under `workflow`.

    `passed` names the steps that have ended and cannot run again. What they do may have changed, and so may
    descriptions, defaults, limits, timeouts and the retries of any step.
    """
    if run.definition_hash == workflow.definition_hash():
        return
    if before is None:
        found = ["its earlier definition is not kept"]
    else:
        found = definition_changes(_what_counts(before, passed), _what_counts(workflow.to_dict(), passed))
    if not found:
        return
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise ChangedWorkflowError(
        f"workflow {workflow.name!r} has changed since run {run.run_id} began: {'; '.join(found[:_SHOWN])}{more}; "
        "start a new run, or resume this one with --force"
    )


def _what_counts(definition: Mapping[str, Any], passed: Collection[str]) -> dict[str, Any]:
    counts = {name: value for name, value in definition.items() if name not in _HARMLESS}
    for part in ("steps", "on_failure", "on_success"):
        counts[part] = [_of_step(step, passed if part == "steps" else ()) for step in definition.get(part, ())]
    return counts


def _of_step(step: Mapping[str, Any], passed: Collection[str]) -> dict[str, Any]:
    if step["name"] in passed:
        return {name: value for name, value in step.items() if name == "name" or name in _OF_THE_FLOW}
    return {name: value for name, value in step.items() if name not in _HARMLESS_IN_STEPS}


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
