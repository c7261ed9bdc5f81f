"""Session: the global options, for the commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from spine.project import Project


class Session:
    """One call of the command line."""

    def __init__(self, project: str | None, verbose: bool, quiet: bool, debug: bool) -> None:
        self.project = Path(project) if project else None
        self.verbose = verbose
        self.quiet = quiet
        self.debug = debug

    @contextmanager
    def open(self) -> Iterator[Project]:
        """Open the project, for the length of a `with` block; output of the project's own code goes to stderr."""
        from spine.cli.logs import log_to_stderr
        from spine.project import open_project

        log_to_stderr(verbose=self.verbose)
        with redirect_stdout(sys.stderr), open_project(self.project) as project:
            yield project

    @contextmanager
    def open_history(self, *, warning: bool = True) -> Iterator[Project]:
        """Open the project for a command that needs only its database; all other faults are one warning on stderr."""
        from spine.cli.failure import faults_line
        from spine.cli.logs import log_to_stderr
        from spine.config.faults import Faults
        from spine.project import open_project

        log_to_stderr(verbose=self.verbose)
        faults = Faults(collected=True)
        try:
            with redirect_stdout(sys.stderr), open_project(self.project, faults=faults) as project:
                yield project
        finally:
            if faults.found and warning:
                click.echo(faults_line(faults.found), err=True)
