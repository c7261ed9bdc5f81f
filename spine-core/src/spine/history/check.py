"""`check_store` as programs written before 0.1.0 call it, when a database held the history of one project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spine.db.adapter import DatabaseAdapter
from spine.plugins.descriptors import Descriptor
from spine.storage import check
from spine.storage.history import History
from spine.storage.migrate import HEAD, schema_status
from spine.storage.projects import list_projects


def check_store(adapter: DatabaseAdapter, payloads: Path, plugins: Sequence[Descriptor] = ()) -> list[str]:
    """Return the faults that `spine.storage.check.check_store` finds for each project in the database."""
    is_current = schema_status(adapter).current == HEAD
    projects = (is_current and list_projects(History(adapter))) or [""]
    found = [fault for name in projects for fault in check.check_store(History(adapter, name), payloads, plugins)]
    return list(dict.fromkeys(found))
