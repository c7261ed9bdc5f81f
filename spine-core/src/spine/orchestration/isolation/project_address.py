"""How another process opens the current project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from spine.core.scope import current_scope
from spine.orchestration.definition.references import resolve_reference

_BEFORE_QUEUES = 100  # the queues of multiprocessing end at -5 to 10

_kept: ExitStack | None = None
_kept_project: tuple[dict[str, str], Any] | None = None


@frozen
class ProjectAddress:
    """`opener` names a context manager of one argument, `root`; the composition root provides it in the scope."""

    opener: str
    root: str


def current_address() -> dict[str, str] | None:
    """Return the address of the current project as JSON values, None where there is no project."""
    found = current_scope().find(ProjectAddress)
    return {"opener": found.opener, "root": found.root} if found else None


def keep_project_open() -> None:
    """Keep the first project that this process opens till its end: a worker comes back to the same one."""
    from multiprocessing.util import Finalize  # for a worker only

    global _kept
    _kept = ExitStack()
    # what multiprocessing does at the end of a child; atexit is not asked there
    Finalize(None, close_kept_project, exitpriority=_BEFORE_QUEUES)


def close_kept_project() -> None:
    """Close the project that was kept open: its listeners are told what is left."""
    global _kept_project
    _kept_project = None
    if _kept is not None:
        _kept.close()


@contextmanager
def project_at(address: dict[str, str] | None) -> Iterator[Any]:
    """Make the project at `address` the current one inside the block; nothing changes where there is none."""
    global _kept_project
    if address is None:
        yield None
        return
    if _kept_project is not None and _kept_project[0] == address:
        yield _kept_project[1]
        return
    opening = resolve_reference(address["opener"])(Path(address["root"]))
    if _kept is not None and _kept_project is None:
        _kept_project = address, _kept.enter_context(opening)
        yield _kept_project[1]
        return
    with opening as project:
        yield project
