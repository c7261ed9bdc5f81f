"""The project's own database: reachable, with tables of this version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding

if TYPE_CHECKING:
    from spine.app.application import Application


def check_database(project: Application) -> Iterator[Finding]:
    """Report the database as usable; one that is not raises an error when it is opened."""
    yield Finding("database", True, f"{project.adapter.location} has tables of this version")
