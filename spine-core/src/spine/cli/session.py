"""Session: the global options, which may also stand after a command's name, for the commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from spine.project import Project

_ANYWHERE = {"verbose": ("-v", "--verbose"), "quiet": ("-q", "--quiet"), "debug": ("--debug",)}


class Session:
    """One call of the command line."""

    def __init__(self, project: str | None, verbose: bool, quiet: bool, debug: bool) -> None:
        self.project = Path(project) if project else None
        self.verbose = verbose
        self.quiet = quiet
        self.debug = debug
        self.stdout: TextIO = sys.stdout
        self.has_faults = False  # those that open_history has told

    def address(self) -> tuple[Path | None, Mapping[str, str]]:
        """Return the project's folder, as far as it is given, and the environment of its settings.

        A command that a program calls while a project is open works on that one, with its settings.
        """
        from spine.app import Application
        from spine.core.scope import current_scope

        opened = current_scope().find(Application) if self.project is None else None
        return (self.project, os.environ) if opened is None else (opened.settings.root, opened.environ)

    @contextmanager
    def open(self, *, dry_run: bool = False, shown: str | None = None, logs: bool = False) -> Iterator[Project]:
        """Open the project, for the length of a `with` block; output of the project's own code goes to stderr.

        `shown` is a logger whose messages are shown from INFO on, and not only its warnings; with `logs` those of the
        code of steps are too.
        For a `dry_run`, what any thread of its code stores stays in memory, and Python keeps no compiled modules.
        """
        from spine.cli.garbage import end_start
        from spine.cli.logs import log_to_stderr
        from spine.project import open_project

        log_to_stderr(verbose=self.verbose, shown=shown, steps=logs)
        with _stdout_kept() as self.stdout, ExitStack() as stack:
            if dry_run:
                stack.enter_context(_without_bytecode())
            project = stack.enter_context(open_project(*self.address()))
            end_start()
            if dry_run:
                from spine.framework.dry_run_scope import dry_run_scope

                stack.enter_context(dry_run_scope(process_wide=True))
            yield project

    @contextmanager
    def open_to_stop(self) -> Iterator[Project]:
        """Open the project for a command that stops something: no fault of its code or settings prevents that.

        Without a fault it is opened as by `open`, otherwise as by `open_history`.
        """
        from spine.core.errors import SpineError

        with ExitStack() as stack:
            try:
                project = stack.enter_context(self.open())
            except SpineError:
                project = stack.enter_context(self.open_history())
            yield project

    @contextmanager
    def open_history(self, *, warning: bool = True, with_modules: bool = True) -> Iterator[Project]:
        """Open the project for a command that needs only its database; all other faults are one warning on stderr.

        Without `with_modules`, the project's own code is not imported: the command asks nothing of what it registers.
        """
        from spine.cli.failure import faults_line
        from spine.cli.garbage import end_start
        from spine.cli.logs import log_to_stderr
        from spine.config.faults import Faults
        from spine.project import open_project

        log_to_stderr(verbose=self.verbose)
        faults = Faults(collected=True)
        try:
            opened = open_project(*self.address(), faults=faults, with_modules=with_modules)
            with _stdout_kept() as self.stdout, opened as project:
                end_start()
                yield project
        finally:
            self.has_faults = bool(faults.found)
            if faults.found and warning:
                click.echo(faults_line(faults.found), err=True)


@contextmanager
def _stdout_kept() -> Iterator[TextIO]:
    """Send output to stderr inside the block, also that of programs which inherit stdout; give the real stdout."""
    real = sys.stdout
    if not _is_descriptor(real, 1):
        with redirect_stdout(sys.stderr):
            yield real
        return
    real.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr), _written_to(kept, real) as stream:
            yield stream
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        if real.closed:  # by the project's own code
            sys.stdout = _written_to(1, real)


def _written_to(descriptor: int, like: TextIO) -> TextIO:
    return open(descriptor, "w", encoding=like.encoding, errors=like.errors, closefd=False)


def _is_descriptor(stream: TextIO, number: int) -> bool:
    try:
        os.fstat(2)
        return stream.fileno() == number
    except (AttributeError, OSError, ValueError):  # a stream in memory, or one that is closed
        return False


@contextmanager
def _without_bytecode() -> Iterator[None]:
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def add_global_options(command: click.Command) -> click.Command:
    """Let `command` and each one below it accept the global options, unless its own have the names; return it."""
    if command.context_settings.get(
        "ignore_unknown_options"
    ):  # what it does not know belongs to the program that it calls
        return command
    taken = {name for parameter in command.params for name in parameter.opts}
    for attribute, names in _ANYWHERE.items():
        if taken.isdisjoint(names):
            command.params.append(_option(attribute, names))
    if isinstance(command, click.Group):
        for below in command.commands.values():
            add_global_options(below)
    return command


def _option(attribute: str, names: tuple[str, ...]) -> click.Option:
    def note(ctx: click.Context, _parameter: click.Parameter, given: bool) -> None:
        session = ctx.find_root().obj
        if given and session is not None:
            setattr(session, attribute, True)

    help_line = f"As in spine {names[-1]} COMMAND."
    return click.Option(
        names, is_flag=True, is_eager=True, expose_value=False, hidden=True, callback=note, help=help_line
    )
