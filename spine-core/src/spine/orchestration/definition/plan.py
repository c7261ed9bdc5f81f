"""Plan of a run of a workflow, made without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from spine.framework.pipelines import pipeline_registry
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow


@frozen
class PlannedStep:
    """Planned action of a step and the reason: `runs`, `may run`, or `fails` if that is known beforehand."""

    step: str
    type: str
    action: str
    reason: str
    does: str


@frozen
class Plan:
    """Parameters and partition of the run, and the planned action of each step."""

    workflow: str
    params: Mapping[str, Any]
    partition: Mapping[str, Any]
    steps: list[PlannedStep]


def plan(workflow: Workflow, params: Mapping[str, Any] | None = None) -> Plan:
    """Return the plan of a run with these parameters. Only the workflow's `resolve_params` is called."""
    given = workflow.params_of(params or {})
    reached = _reached(workflow)
    steps = [_planned(workflow, step, reached.get(step.name, "no step leads to it")) for step in workflow.steps]
    steps += [_hook(step, "if the run fails") for step in workflow.on_failure]
    steps += [_hook(step, "if the run completes") for step in workflow.on_success]
    return Plan(workflow.name, given, workflow.partition_of(given), steps)


def _reached(workflow: Workflow) -> dict[str, str]:
    """Return the condition under which each step is reached; empty if only a failure can prevent it."""
    found: dict[str, str] = {}
    for step in workflow.steps:
        for way in step.spec.branches():
            if way.target is not None:
                found[way.target] = f"if {step.name!r} is {way.answer}"
        if not step.spec.branches() and step.next_step is not None:
            found.setdefault(step.next_step, f"after {step.name!r}")
    leaves = False
    for step in workflow.steps:
        found.setdefault(step.name, "unless a step before it leads elsewhere" if leaves else "")
        leaves = leaves or step.next_step is not None
    return found


def _planned(workflow: Workflow, step: Step, reason: str) -> PlannedStep:
    reasons = [reason] if reason else []
    action = "may run" if reason else "runs"
    if step.when is not None:
        action, reasons = "may run", [*reasons, "if its `when` is true"]
    missing = [target for target in step.targets if workflow.step_index(target) < 0]
    unknown = [name for name in step.spec.pipelines() if name not in pipeline_registry.list_pipelines()]
    if unknown:
        action, reasons = "fails", [f"there is no pipeline {unknown[0]!r}"]
    elif missing:
        reasons.append(f"fails if it goes to {missing[0]!r}, which does not exist")
    if step.after:
        reasons.append(f"unless nothing new comes from {' and '.join(map(repr, step.after))}")
    if step.always_run:
        reasons.append("also after a failure")
    return PlannedStep(step.name, step.kind, action, "; ".join(reasons) or "in order", step.spec.does())


def _hook(step: Step, reason: str) -> PlannedStep:
    return PlannedStep(step.name, step.kind, "may run", reason, step.spec.does())
