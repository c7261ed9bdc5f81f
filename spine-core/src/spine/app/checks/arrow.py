"""pyarrow, which captures need."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, fail
from spine.storage.captures.store import count_captures

if TYPE_CHECKING:
    from spine.app.application import Application


def check_arrow(project: Application) -> Iterator[Finding]:
    """Report pyarrow as missing where the project has captures."""
    if find_spec("pyarrow") is not None:
        return
    if count := count_captures(project.history):
        says = f"the project has {count:,} captures, and pyarrow, which reads and writes them, is not installed"
        yield fail("pyarrow", says, "pip install 'spine-core[arrow]'")
