"""A command whose `--help` also shows the parameters of the workflow given before it."""

from __future__ import annotations

import click

from spine.cli.cells import plain
from spine.cli.session import Session


class WorkflowCommand(click.Command):
    """Takes the name of a workflow as its first argument: `spine run WORKFLOW --help`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and not args[0].startswith("-"):
            ctx.meta[__name__] = args[0]
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        name = ctx.meta.get(__name__)
        if name is not None:
            formatter.write("".join(f"{plain(line)}\n" for line in ("", *_parameters(ctx.find_object(Session), name))))


def _parameters(session: Session | None, name: str) -> list[str]:
    from spine.core.errors import SpineError
    from spine.orchestration import workflow_registry

    if session is None:
        return []
    try:
        with session.open():
            workflow = workflow_registry.get(name)
    except SpineError as error:  # help must work without a project
        return [f"The parameters of {name} are unknown: {error}"]
    if workflow.params is None:
        return [f"Workflow {name} declares no parameters: it accepts any."]
    return [f"Workflow {name}", *workflow.params.get_help_text().splitlines()]
