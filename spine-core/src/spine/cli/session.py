"""What the global options said, for the commands."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spine.app import Application


class Session:
    """One call of the command line."""

    def __init__(self, project: str | None, verbose: bool, quiet: bool, debug: bool) -> None:
        self.project = Path(project) if project else None
        self.verbose = verbose
        self.quiet = quiet
        self.debug = debug

    def configure_logging(self) -> None:
        """Send Spine's log to stderr: warnings, and everything with --verbose."""
        import logging  # what works without a project starts faster without it
        import sys

        level = logging.DEBUG if self.verbose else logging.WARNING
        logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s: %(message)s")
        logging.getLogger("spine").setLevel(level)

    def open(self) -> AbstractContextManager[Application]:
        """Open the project, for the length of a `with` block."""
        from spine.app import open_project

        self.configure_logging()
        return open_project(self.project)
