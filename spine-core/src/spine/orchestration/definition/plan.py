"""Plan of a run: its steps with what becomes of them, as far as it is known without running them."""

from __future__ import annotations

from spine.framework.pipelines import pipeline_registry
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.steptypes.base import PlannedStep


def reached(workflow: Workflow) -> dict[str, str]:
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


def planned(workflow: Workflow, step: Step, reason: str) -> PlannedStep:
    """Return the plan of a step that runs, or may run for `reason`; `fails` if that is known beforehand."""
    reasons = [reason] if reason else []
    action = "may run" if reason else "runs"
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
    return PlannedStep(step.name, step.kind, action, "; ".join(reasons) or "in order", step.spec.does(), step.dry_run)
