"""Runs of `spine run --stale`: the workflows whose captures are stale, until none is."""

from __future__ import annotations

import click

from spine.cli.foreground import foreground
from spine.cli.output import plain, print_json
from spine.cli.progress import Progress
from spine.cli.run_report import exit_code, report_run
from spine.cli.session import Session
from spine.framework.trigger_source import TriggerSource
from spine.orchestration import WorkflowResult, workflow_registry


def run_stale(session: Session, workflow: str | None, *, as_json: bool) -> int:
    """Run each workflow with stale captures once for its parameters, what others depend on first; return an exit code.

    A run that fails ends it. Raises UnknownWorkflowError for a workflow that there is not.
    """
    from spine.app.captures import stale_work

    results: list[WorkflowResult] = []
    done: set[str] = set()
    with session.open() as project, foreground(project.application) as current:
        if workflow is not None:
            workflow_registry.get(workflow)
        while work := next(
            (found for found in stale_work(project.application, workflow) if found.key not in done), None
        ):
            done.add(work.key)
            definition = workflow_registry.get(work.workflow)
            progress = [] if session.quiet else [Progress(definition.step_names())]
            result = project.run(
                definition,
                dict(work.params),
                refresh=True,
                listeners=[current, *progress],
                triggered_by=TriggerSource.CLI,
                stop=current.stop,
            )
            results.append(result)
            if not as_json:
                report_run(result, as_json=False, whole=session.debug)
            if not result.status.is_good:
                break
        left = sorted({found.capture.name for found in project.captures.stale()}) if workflow is None else []
    if as_json:
        print_json([result.to_dict() for result in results])
    elif not results:
        click.echo("no capture is stale" if not left else f"no run made {plain(', '.join(left))}: capture them anew")
    return max((exit_code(result.status) for result in results), default=0)
