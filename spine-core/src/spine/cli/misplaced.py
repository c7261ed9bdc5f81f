"""Parameters that were given without their option: `spine plan prices day=2026-01-05`, or `--day 2026-01-05`."""

from __future__ import annotations

import re
import shlex
from difflib import get_close_matches

import click

from spine.cli.cells import plain

_MISSPELT = 0.8  # likeness
_PARAMETER = "-p"
_EXTRA = re.compile(r"unexpected extra arguments? \((.+)\)")


def with_option_named(error: click.UsageError) -> click.UsageError:
    """Return the error of a wrong command line with the option that takes its `key=value`, if its command has one."""
    option = _option_of(error.ctx)
    hint = None if option is None else _hint(error, option)
    return error if hint is None else click.UsageError(f"{error.format_message().rstrip('.')}{hint}", error.ctx)


def _hint(error: click.UsageError, option: str) -> str | None:
    if isinstance(error, click.NoSuchOption):
        is_misspelt = get_close_matches(error.option_name, error.possibilities or (), cutoff=_MISSPELT)
        if option == _PARAMETER and not is_misspelt and error.option_name.startswith("--"):
            name = plain(error.option_name.removeprefix("--").partition("=")[0])
            return f"; for a parameter of that name, give {option} {shlex.quote(name)}=VALUE"
        return None
    found = _EXTRA.search(error.message)
    words = [word for word in found[1].split() if re.match(r"[^=-][^=]*=", word)] if found else []
    given = " ".join(f"{option} {shlex.quote(plain(word))}" for word in words)
    return f": give {given}" if given else None


def _option_of(ctx: click.Context | None) -> str | None:
    """Return the option of a command that takes `key=value`: `-p` where there is one."""
    if ctx is None:
        return None
    options = [each for each in ctx.command.params if isinstance(each, click.Option) and each.metavar == "KEY=VALUE"]
    names = [each.opts[0] for each in options]
    return _PARAMETER if _PARAMETER in names else next(iter(names), None)
