"""Free disk space for the project."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding

if TYPE_CHECKING:
    from spine.app.application import Application

_LEAST_FREE_BYTES = 100 * 2**20


def check_disk(project: Application) -> Iterator[Finding]:
    """Measure the free space of the file system that holds the project's folder."""
    free = shutil.disk_usage(project.settings.root).free
    yield Finding("disk", free >= _LEAST_FREE_BYTES, f"{free / 2**30:.1f} GiB are free where the project is")
