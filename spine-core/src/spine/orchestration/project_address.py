"""How another process opens the current project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from spine.core.scope import current_scope
from spine.orchestration.references import resolve_reference


@frozen
class ProjectAddress:
    """`opener` names a context manager of one argument, `root`; the composition root provides it in the scope."""

    opener: str
    root: str


def current_address() -> dict[str, str] | None:
    """Return the address of the current project as JSON values, None where there is no project."""
    found = current_scope().find(ProjectAddress)
    return {"opener": found.opener, "root": found.root} if found else None


@contextmanager
def project_at(address: dict[str, str] | None) -> Iterator[Any]:
    """Make the project at `address` the current one inside the block; nothing changes where there is none."""
    if address is None:
        yield None
        return
    with resolve_reference(address["opener"])(Path(address["root"])) as project:
        yield project
