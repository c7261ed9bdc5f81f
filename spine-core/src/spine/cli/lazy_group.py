"""A click group that imports a command when it is called; help lines need no import."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from spine.cli.examples import add_examples

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """Takes `lazy` as name -> (module:attribute, help line), and `sections` as heading -> names, for the help.

    `find_more` is called for other commands: it returns None, or raises, for one that does not exist.
    `more_help` is the line below the listed commands.
    """

    def __init__(
        self,
        *,
        lazy: Mapping[str, tuple[str, str]],
        sections: Mapping[str, Sequence[str]],
        find_more: Callable[[click.Context, str], click.Command | None] = lambda _context, _name: None,
        more_help: str = "",
        **attributes: object,
    ) -> None:
        super().__init__(**attributes)  # type: ignore[arg-type]  # click's own keyword arguments, passed through
        self.lazy = lazy
        self.sections = sections
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

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin as what is typed, without importing them, and the options."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=line) for name, (_, line) in self.lazy.items() if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from spine.cli.session import add_global_options

        if cmd_name not in self.lazy:
            found = self.find_more(ctx, cmd_name)
            return None if found is None else add_global_options(found)
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        add_examples(command, cmd_name)
        if ctx.resilient_parsing:  # for a shell that completes the line
            from spine.cli.completion import complete_names

            complete_names(command, cmd_name)
        return add_global_options(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args or args[0] in self.lazy or args[0].startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        command = self.get_command(ctx, args[0])
        if command is None:
            from spine.core.suggest import did_you_mean

            raise click.UsageError(f"there is no command {args[0]!r}{did_you_mean(args[0], self.lazy)}", ctx)
        return args[0], command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.lazy))
        for heading, names in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), self.lazy[name][1]) for name in names])
        if self.more_help:
            formatter.write_paragraph()
            formatter.write_text(self.more_help)
