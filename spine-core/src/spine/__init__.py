"""Spine: a small, plugin-based framework for data platforms.

The names below are the short way: `spine.Workflow` is `spine.orchestration.Workflow`, imported at its first use (PEP
562), so that `import spine` itself imports nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spine.framework.captures import capture, list_captures, read_capture
    from spine.framework.loads import load
    from spine.framework.pipelines import PipelineResult, pipeline
    from spine.framework.sources.registry import source
    from spine.orchestration import (
        Daily,
        Monthly,
        RetryPolicy,
        Static,
        Step,
        StepResult,
        Weekly,
        Workflow,
        WorkflowContext,
        workflow_registry,
    )
    from spine.project import Project, current_project, open_project

    __version__: str

__all__ = [
    "Daily",
    "Monthly",
    "PipelineResult",
    "Project",
    "RetryPolicy",
    "Static",
    "Step",
    "StepResult",
    "Weekly",
    "Workflow",
    "WorkflowContext",
    "__version__",
    "capture",
    "current_project",
    "list_captures",
    "load",
    "open_project",
    "pipeline",
    "read_capture",
    "source",
    "workflow_registry",
]

_HOMES = {
    "spine.framework.captures": ("capture", "list_captures", "read_capture"),
    "spine.framework.loads": ("load",),
    "spine.framework.pipelines": ("PipelineResult", "pipeline"),
    "spine.framework.sources.registry": ("source",),
    "spine.orchestration": (
        "Daily",
        "Monthly",
        "RetryPolicy",
        "Static",
        "Step",
        "StepResult",
        "Weekly",
        "Workflow",
        "WorkflowContext",
        "workflow_registry",
    ),
    "spine.project": ("Project", "current_project", "open_project"),
}

if not TYPE_CHECKING:  # type checkers know the names above, and report any other one

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name == "__version__":
            return import_module("spine.plugins.discovery").core_version()
        for module, names in _HOMES.items():
            if name in names:
                return getattr(import_module(module), name)
        raise AttributeError(f"module 'spine' has no attribute {name!r}", name=name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
