"""Workflows of the project: their steps refer to existing names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, fail, ok, warn
from spine.core.scope import use_scope
from spine.orchestration import workflow_registry
from spine.orchestration.definition.check import problems

if TYPE_CHECKING:
    from spine.app.application import Application


def check_workflows(project: Application) -> Iterator[Finding]:
    """Yield a finding for each fault of a workflow."""
    if project.faults.error_of("modules") is not None:
        yield warn("workflows", "not checked, since a module cannot be imported", "spine doctor")
        return
    with use_scope(project.scope):
        names = workflow_registry.list_workflows()
        found = [(name, problem) for name in names for problem in problems(workflow_registry.get(name))]
    for name, problem in found:
        yield fail(f"workflow {name}", problem, f"spine workflows check {name}")
    if not found:
        yield ok("workflows", f"{len(names)} checked, without a fault")
