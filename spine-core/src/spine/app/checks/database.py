"""The project's own database: reachable, writable, with tables of this version."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, fail, fix_of, ok, warn
from spine.app.databases import DATABASE
from spine.core.errors import SpineError
from spine.db.sqlite import SQLiteAdapter
from spine.storage.check import check_writable
from spine.storage.copying.ledger import unfinished_source
from spine.storage.migrate import StoreVersionError
from spine.storage.projects import list_projects

if TYPE_CHECKING:
    from spine.app.application import Application
    from spine.db.adapter import DatabaseAdapter


def check_database(project: Application) -> Iterator[Finding]:
    """Open the database as a run does, and report what a run could not do with it."""
    if project.settings.database_fault is not None:
        yield fail(
            DATABASE, "which one it is cannot be read in spine.toml", fix_of(project.settings.database_fault, project)
        )
        return
    try:
        adapter = project.adapter
    except StoreVersionError as error:
        is_old = "spine db upgrade" in str(error)
        yield fail(DATABASE, str(error), "spine db upgrade" if is_old else "pip install --upgrade spine-core")
    except SpineError as error:
        yield fail(DATABASE, str(error), fix_of(error, project))
    else:
        yield _writable(project, adapter)


def _writable(project: Application, adapter: DatabaseAdapter) -> Finding:
    error = project.faults.error_of(DATABASE)
    try:
        if error is None:
            check_writable(adapter)
    except SpineError as refused:
        error = refused
    if error is None:
        return _holding(project, adapter)
    if isinstance(adapter, SQLiteAdapter) and adapter.path is not None:
        command = "df -h" if "disk is full" in str(error) else "ls -ld"
        return fail(DATABASE, f"it can be read, not written: {error}", f"{command} {shlex.quote(str(adapter.path))}")
    return fail(DATABASE, f"it can be read, not written: {error}", "psql -c 'SHOW default_transaction_read_only'")


def _holding(project: Application, adapter: DatabaseAdapter) -> Finding:
    """Return a failure for an unfinished copy, and a warning for a project without rows: its name may have changed."""
    origin = unfinished_source(project.history)
    if origin is not None:
        return fail(
            DATABASE,
            f"{adapter.location} is an unfinished copy of {origin}: end it first",
            "spine db copy SOURCE TARGET",
        )
    mine, found = project.settings.spine.name, list_projects(project.history)
    others = [name for name in found if name != mine]
    if not others:
        return ok(DATABASE, f"{adapter.location} has tables of this version")
    names = ", ".join(repr(name) for name in others)
    if mine in found:
        return ok(DATABASE, f"{adapter.location} has tables of this version; it holds other projects too: {names}")
    says = (
        f"{adapter.location} has nothing of project {mine!r}, and something of {names}: if it was renamed, adopt that"
    )
    return warn(DATABASE, says, f"spine db adopt {shlex.quote(others[0])}")
