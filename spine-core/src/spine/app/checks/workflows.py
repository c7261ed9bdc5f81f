"""Workflows of the project: their steps refer to existing names, and their schedules pass valid parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding
from spine.core.errors import BadParamsError
from spine.core.scope import use_scope
from spine.orchestration import workflow_registry
from spine.orchestration.definition.check import problems
from spine.orchestration.registry import UnknownWorkflowError

if TYPE_CHECKING:
    from spine.app.application import Application


def check_workflows(project: Application) -> Iterator[Finding]:
    """Yield a finding for each fault of a workflow, and for each schedule with wrong parameters."""
    with use_scope(project.scope):
        names = workflow_registry.list_workflows()
        for name in names:
            for problem in problems(workflow_registry.get(name)):
                yield Finding(f"workflow {name}", False, f"{problem}: spine workflows check {name}")
        yield from _schedules(project)


def _schedules(project: Application) -> Iterator[Finding]:
    for record in project.schedules.list_schedules():
        try:
            workflow = workflow_registry.get(record.target_name)
        except UnknownWorkflowError:  # of a pipeline, or one that the scheduler reports
            continue
        try:
            workflow.check_given(record.params)
        except BadParamsError as error:
            yield Finding(f"schedule {record.name}", False, f"{error}: correct its params")
