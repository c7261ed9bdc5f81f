"""The sentence and the exit code of an error."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from spine.cli.cells import plain
from spine.core.errors import SpineError
from spine.core.masking import hide_secrets
from spine.core.plain_text import counted

if TYPE_CHECKING:
    from spine.config.faults import Fault


def report(error: Exception, *, debug: bool) -> int:
    """Print `error` on stderr, with `debug` its traceback, and return the exit code."""
    if debug:
        for line in hide_secrets("".join(traceback.format_exception(error))).splitlines():
            click.echo(plain(line), err=True)
    else:
        click.echo(f"Error: {sentence(error)}", err=True)
    return exit_code(error)


def sentence(error: Exception) -> str:
    """Return one sentence; an error that is not Spine's own gets its type and a hint at --debug."""
    if isinstance(error, SpineError):
        return plain(hide_secrets(str(error)))
    return plain(f"{type(error).__name__}: {hide_secrets(str(error))} (run again with --debug for the traceback)")


def faults_line(faults: Sequence[Fault]) -> str:
    """Return one line with the first fault of a project, and the number of the others."""
    more = len(faults) - 1
    others = f" (and {counted(more, 'more fault')}: spine doctor)" if more else ""
    return f"Warning: {sentence(faults[0].error)}{others}"


def exit_code(error: Exception) -> int:
    """Return the exit code of the error's class; 1 for an error that is not Spine's own."""
    return error.exit_code if isinstance(error, SpineError) else SpineError.exit_code
