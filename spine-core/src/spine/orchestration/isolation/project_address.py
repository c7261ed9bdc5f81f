"""Address of the current project, for other processes to open it, and to log as this one does."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from attrs import field, frozen

from spine.core.scope import current_scope
from spine.orchestration.definition.references import resolve_reference

Address = dict[str, Any]  # as JSON values

_LOGGED_BY = "logged_by"  # of a handler: the function that makes one like it in another process, and its arguments
_BEFORE_QUEUES = 100  # multiprocessing finalizes its queues at priorities -5 to 10

_kept: ExitStack | None = None
_kept_project: tuple[Address, Any] | None = None


@frozen
class ProjectAddress:
    """Address of a project: `opener` is the reference of a context manager of two arguments, `root` and `environ`.

    The composition root provides it in the scope.
    """

    opener: str
    root: str
    environ: Mapping[str, str] = field(repr=False)  # of its settings, which may be another one than the process has


def current_address() -> Address | None:
    """Return the address of the current project, None without a project."""
    found = current_scope().find(ProjectAddress)
    if found is None:
        return None
    return {"opener": found.opener, "root": found.root, "environ": _own(found.environ), "logging": _loggers()}


def with_environment_there(address: Address) -> Address:
    """Return an address for machines with an environment of their own: that of this process may hold secrets."""
    return {**address, "environ": _own(os.environ), "is_elsewhere": True}


def is_elsewhere(address: Address | None) -> bool:
    """Return True for an address for other machines, where the project's folder may be another one."""
    return address is not None and address.get("is_elsewhere", False)


def _own(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what another environment has that this process has not, and the names that it lacks."""
    if environ is os.environ:
        return {"more": {}, "without": []}
    more = {name: value for name, value in environ.items() if os.environ.get(name) != value}
    return {"more": more, "without": [name for name in os.environ if name not in environ]}


def _environ_of(own: Mapping[str, Any]) -> Mapping[str, str]:
    if not own["more"] and not own["without"]:
        return os.environ
    kept = {name: value for name, value in os.environ.items() if name not in own["without"]}
    return {**kept, **own["more"]}


def mark_handler(handler: logging.Handler, make: str, **options: Any) -> None:
    """Let the processes of steps and items call the function `make`, `module:name`, to log as this handler does."""
    setattr(handler, _LOGGED_BY, {"make": make, "options": options})


def _loggers() -> list[dict[str, Any]]:
    found = (getattr(handler, _LOGGED_BY, None) for handler in logging.getLogger().handlers)
    return [each for each in found if each is not None]


def keep_project_open() -> None:
    """Keep the first project that this process opens open until its end, since a worker uses the same one again."""
    from multiprocessing.util import Finalize  # for a worker only

    global _kept
    _kept = ExitStack()
    # multiprocessing calls finalizers at the end of a child, but not atexit handlers
    Finalize(None, close_kept_project, exitpriority=_BEFORE_QUEUES)


def close_kept_project() -> None:
    """Close the project that was kept open; its listeners get the remaining events."""
    global _kept_project
    _kept_project = None
    if _kept is not None:
        _kept.close()


@contextmanager
def project_at(address: Address | None) -> Iterator[Any]:
    """Make the project at `address` current inside the block; no effect without an address."""
    global _kept_project
    if address is None:
        yield None
        return
    if _kept_project is not None and _kept_project[0] == address:
        yield _kept_project[1]
        return
    for logged in address["logging"]:
        if logged not in _loggers():
            resolve_reference(logged["make"])(**logged["options"])
    opening = resolve_reference(address["opener"])(Path(address["root"]), _environ_of(address["environ"]))
    if _kept is not None and _kept_project is None:
        _kept_project = address, _kept.enter_context(opening)
        yield _kept_project[1]
        return
    with opening as project:
        yield project
