"""Rights of the project's folders: this user can write them, and others cannot."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, fail, ok, warn

if TYPE_CHECKING:
    from spine.app.application import Application


def check_folder(project: Application) -> Iterator[Finding]:
    """Yield a finding for each folder, and for `spine.toml`, with wrong rights."""
    settings, findings = project.settings, []
    own = settings.root / ".spine"
    folders = [
        folder for folder in (own if own.is_dir() else settings.root, settings.store) if folder and folder.is_dir()
    ]
    for path in dict.fromkeys([settings.root, *folders, settings.path]):
        quoted = shlex.quote(str(path))
        if stat.S_IMODE(path.stat().st_mode) & stat.S_IWOTH:
            says = f"every user of this machine can write {path}, and so run code as this one"
            findings.append(warn("folder", says, f"chmod o-w {quoted}"))
        if path in folders and not os.access(path, os.W_OK | os.X_OK):
            findings.append(fail("folder", f"this user cannot write {path}, where runs store data", f"ls -ld {quoted}"))
    yield from findings or [ok("folder", f"other users cannot write {settings.root}, and this one can write its data")]
