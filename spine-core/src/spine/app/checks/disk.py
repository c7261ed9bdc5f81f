"""Free disk space for the project."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, State

if TYPE_CHECKING:
    from spine.app.application import Application

_LEAST_FREE_BYTES = 100 * 2**20
_NEARLY_FULL_BYTES = 2**30


def check_disk(project: Application) -> Iterator[Finding]:
    """Measure the free space of the file systems that hold the project's folder, its captures and its database."""
    root, store, database = project.settings.root, project.settings.store, project.databases.file()
    used = [store, root] if database is None else [database.parent, store, root]
    folders = {folder.stat().st_dev: folder for folder in used if folder is not None and folder.is_dir()}
    for folder in folders.values():
        free = shutil.disk_usage(folder).free
        state = State.FAIL if free < _LEAST_FREE_BYTES else State.WARN if free < _NEARLY_FULL_BYTES else State.OK
        amount = f"{free / 2**30:.1f} GiB" if free >= _NEARLY_FULL_BYTES else f"{free / 2**20:.1f} MiB"
        fix = "" if state is State.OK else f"du -xh -d 2 {shlex.quote(str(folder))}"
        yield Finding("disk", state, f"{amount} are free in {folder}", fix)
