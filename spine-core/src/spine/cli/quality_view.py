"""Results of the checks of contracts on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from spine.cli.output import print_table
from spine.core.plain_text import counted


def print_quality(results: Sequence[Mapping[str, Any]]) -> None:
    """Print the checks that did not pass as a table, each with its first row, and the number of the others."""
    failed = [
        {**result, "check": result["check_name"], "such as": next(iter(result["sample"] or ()), None)}
        for result in results
        if not result["passed"]
    ]
    if failed:
        columns = ["capture_name", "partition_key", "contract", "check", "severity", "observed", "expected", "such as"]
        print_table(failed, columns, "")
    passed = len(results) - len(failed)
    if passed:
        click.echo(f"{counted(passed, 'check')} passed")
