"""The sentence, the exit code and the JSON object of an error."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any

import click

from spine.cli.cells import plain
from spine.cli.output import print_json
from spine.core.errors import SpineError, is_retryable
from spine.core.masking import hide_secrets
from spine.core.plain_text import counted

if TYPE_CHECKING:
    from spine.config.faults import Fault

_USAGE, _INTERRUPTED = 2, 130
_VERBS = (
    *(
        "did you mean",
        "run",
        "use",
        "see",
        "set",
        "give",
        "choose",
        "install",
        "pip install",
        "add",
        "declare",
        "write",
    ),
    *("write", "name", "register", "correct", "mend it", "export", "wait", "resume", "start", "remove", "spine"),
)
_ADVICE = re.compile(rf"(?:[:;,] |\()(?:or )?((?:{'|'.join(_VERBS)}) .+?)\)?$")


def report(error: BaseException, arguments: Sequence[str]) -> int:
    """Print what ended a command on stderr, with `--debug` among its arguments the traceback; return the exit code.

    With `--json`, the failure is one object on stdout, too: what an exit of the command itself has printed stays.
    """
    given = list(takewhile(lambda argument: argument != "--", arguments))
    if isinstance(error, SystemExit):
        return _exited(error, given)
    if isinstance(error, click.UsageError):
        from spine.cli.misplaced import with_option_named

        error = with_option_named(error)
    if isinstance(error, click.ClickException):
        error.show()
    elif isinstance(error, (KeyboardInterrupt, click.Abort)):
        click.echo("interrupted", err=True)
    elif not isinstance(error, Exception):
        raise error
    elif "--debug" in given:
        for line in hide_secrets("".join(traceback.format_exception(error))).splitlines():
            click.echo(plain(line), err=True)
    else:
        click.echo(f"Error: {sentence(error)}", err=True)
    if wants_json(given):
        print_json(failure_object(error))
    return exit_code(error)


def _exited(stop: SystemExit, given: Sequence[str]) -> int:
    """Return the code of an exit that a command, or code of the project, asked for."""
    if stop.code is None or isinstance(stop.code, int):
        code, said = stop.code or 0, "it was stopped before its end"
    else:
        code, said = 1, plain(hide_secrets(str(stop.code)))
        click.echo(said, err=True)
    if code and wants_json(given):
        print_json(_object("Stopped", said, None))
    return code


def wants_json(arguments: Sequence[str]) -> bool:
    """Return whether the arguments of a command ask for JSON, also if they are wrong otherwise."""
    return "--json" in arguments or any(
        (name in ("-o", "--output") and value in ("json", "jsonl")) or name in ("--output=json", "--output=jsonl")
        for name, value in pairwise([*arguments, ""])
    )


def failure_object(error: BaseException) -> dict[str, Any]:
    """Return a failure for programs: the class of the error, its sentence, and what to do next, where that is known."""
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        where = "spine" if context is None else context.command_path
        said = plain(hide_secrets(error.format_message()))
        return _object("UsageError", said, _advice(said) or f"{where} --help")
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return _object("Interrupted", "interrupted", None)
    if isinstance(error, SpineError):
        said = sentence(error)
        known = _object(type(error).__name__, said, _advice(said))
        return {**known, "category": error.category.value, "retryable": is_retryable(error)}
    said = plain(hide_secrets(str(error)))
    return _object(type(error).__name__, said, "run again with --debug for the traceback")


def _object(code: str, message: str, hint: str | None) -> dict[str, Any]:
    return {"code": code, "message": message, "hint": hint, "category": None, "retryable": False}


def _advice(said: str) -> str | None:
    """Return the end of a sentence that says what to do next."""
    found = _ADVICE.search(said)
    return None if found is None else found[1]


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


def exit_code(error: BaseException) -> int:
    """Return the exit code of the error's class; 1 for an error that is not Spine's own."""
    if isinstance(error, click.ClickException):
        return _USAGE
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return _INTERRUPTED
    return error.exit_code if isinstance(error, SpineError) else SpineError.exit_code
