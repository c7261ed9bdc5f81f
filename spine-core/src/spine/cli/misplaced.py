"""Parameters that were given without their option: `spine plan prices day=2026-01-05`, or `--day 2026-01-05`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from difflib import get_close_matches

import click

from spine.cli.cells import plain

_MISSPELT = 0.8  # likeness
_EXTRA = re.compile(r"unexpected extra arguments? \((.+)\)")


def name_the_option(error: click.UsageError) -> None:
    """Add to the sentence of a wrong command line the option that takes its `key=value`, if its command has one."""
    option = _option_of(error.ctx)
    if option is None:
        return
    if isinstance(error, click.NoSuchOption):
        is_misspelt = get_close_matches(error.option_name, error.possibilities or (), cutoff=_MISSPELT)
        if not is_misspelt and error.option_name.startswith("--"):
            name = plain(error.option_name.removeprefix("--").partition("=")[0])
            error.message = f"{error.message} Or is it a parameter: give {option} {shlex.quote(name)}=VALUE"
        return
    found = _EXTRA.search(error.message)
    words = [word for word in found[1].split() if re.match(r"[^=-][^=]*=", word)] if found else []
    if words:
        error.message = f"{error.message}: give {_given(option, words)}"


def _given(option: str, words: Sequence[str]) -> str:
    return " ".join(f"{option} {shlex.quote(plain(word))}" for word in words)


def _option_of(ctx: click.Context | None) -> str | None:
    """Return the option of a command that takes `key=value`: `-p` where there is one."""
    if ctx is None:
        return None
    options = [each for each in ctx.command.params if isinstance(each, click.Option) and each.metavar == "KEY=VALUE"]
    names = [each.opts[0] for each in options]
    return "-p" if "-p" in names else next(iter(names), None)
