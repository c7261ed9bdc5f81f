"""Table of the steps of a dry run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from spine.cli.output import print_fields, print_table

if TYPE_CHECKING:
    from spine.orchestration import WorkflowResult


def print_plan(found: WorkflowResult, facts: Mapping[str, Any]) -> None:
    """Print what a run would do, below its parameters and `facts`."""
    params, partition = dict(found.context.params), dict(found.context.partition)
    print_fields({"workflow": found.workflow_name, "params": params or None, "partition": partition or None, **facts})
    click.echo()
    rows = [{name: getattr(step, name) for name in _COLUMNS} for step in found.plan]
    print_table(rows, _COLUMNS, "no steps")


_COLUMNS = ["step", "type", "action", "reason", "does"]
