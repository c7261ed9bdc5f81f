"""A click group that imports a command when it is called; help lines need no import."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import click

from spine.cli.examples import add_examples


class LazyGroup(click.Group):
    """Takes `commands` as name -> (module:attribute, help line).

    `find_more` is called for other commands: it returns None, or raises, for one that does not exist.
    `more_help` is the line below the listed commands.
    """

    def __init__(
        self,
        *,
        lazy: dict[str, tuple[str, str]],
        find_more: Callable[[click.Context, str], click.Command | None] = lambda _context, _name: None,
        more_help: str = "",
        **attributes: object,
    ) -> None:
        super().__init__(**attributes)  # type: ignore[arg-type]  # click's own keyword arguments, passed through
        self.lazy = lazy
        self.find_more = find_more
        self.more_help = more_help

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # normal for `spine ... | head`; click would report a failure
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            raise click.exceptions.Exit(0) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return self.find_more(ctx, cmd_name)
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        add_examples(command, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args or args[0] in self.lazy or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        command = self.find_more(ctx, args[0])
        if command is None:
            from spine.core.suggest import did_you_mean

            raise click.UsageError(f"there is no command {args[0]!r}{did_you_mean(args[0], self.lazy)}", ctx)
        return args[0], command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.lazy.items()])
        if self.more_help:
            formatter.write_paragraph()
            formatter.write_text(self.more_help)
