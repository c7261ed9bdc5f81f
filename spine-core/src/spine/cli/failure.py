"""An error as the sentence and the exit code that a user gets."""

from __future__ import annotations

import traceback

import click

from spine.cli.output import plain
from spine.core.errors import ConfigError, PipelineNotFoundError, SpineError

FAILED = 1
WRONG_USAGE = 2


def report(error: Exception, *, debug: bool) -> int:
    """Print `error` on stderr and return the exit code; the traceback only when asked for."""
    if debug:
        for line in "".join(traceback.format_exception(error)).splitlines():
            click.echo(plain(line), err=True)
    else:
        click.echo(f"Error: {sentence(error)}", err=True)
    return exit_code(error)


def sentence(error: Exception) -> str:
    """Return one sentence; an error that is not Spine's own is named with its type and how to see more."""
    if isinstance(error, SpineError):
        return plain(str(error))
    return plain(f"{type(error).__name__}: {error} (run again with --debug for the traceback)")


def exit_code(error: Exception) -> int:
    """Return 2 for what the user wrote wrongly, else 1."""
    from spine.core.errors import BadParamsError, ValidationError
    from spine.framework.captures import CaptureNotFoundError
    from spine.framework.sources.registry import UnknownSourceError
    from spine.orchestration.records import UnknownRunError
    from spine.orchestration.registry import UnknownWorkflowError

    wrong_usage = (
        ConfigError,
        BadParamsError,
        ValidationError,
        PipelineNotFoundError,
        CaptureNotFoundError,
        UnknownSourceError,
        UnknownRunError,
        UnknownWorkflowError,
    )
    return WRONG_USAGE if isinstance(error, wrong_usage) else FAILED
