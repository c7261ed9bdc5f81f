"""The schedulers of the project on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding
from spine.app.health_file import read_health

if TYPE_CHECKING:
    from spine.app.application import Application


def check_schedulers(project: Application) -> Iterator[Finding]:
    """Report each scheduler that runs here, with the reason why it is not well or the threads that it left behind."""
    for row in read_health(project.settings.root):
        says = f"{row['process']} is well" if row["well"] else f"{row['process']}: {row['last_error']}"
        if row["hung"]:
            says += f"; {row['hung']} of its threads run code that does not return: restart it to end them"
        yield Finding("scheduler", row["well"] and not row["hung"], says)
