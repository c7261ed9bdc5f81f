"""Store of captures: it can be reached, and has the files of the newest captures."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, edit, fail, ok, warn
from spine.core.errors import SpineError
from spine.storage.captures.locations import newest_locations

if TYPE_CHECKING:
    from spine.app.application import Application

_LOOKED_AT = 100


def check_store(project: Application) -> Iterator[Finding]:
    """Report a store that cannot be used, and one without files of captures: another host may have its own."""
    if find_spec("pyarrow") is None:
        return  # check_arrow says so
    locations = newest_locations(project.history, _LOOKED_AT)
    if not locations and project.settings.store is not None:
        return
    try:
        store = project.payloads
        missing = [location for location in locations or [f"none/{'0' * 64}.parquet"] if not store.holds(location)]
    except SpineError as error:
        yield fail("store", str(error), edit(project.settings.path))
        return
    if locations and missing:
        where = project.settings.store or project.settings.spine.store
        says = f"{len(missing)} of the newest {len(locations)} files of captures are not in {where}"
        if project.settings.store is not None:
            says += ": another host may have written them to a folder of its own; give all hosts one store"
        yield warn("store", says, "spine captures verify")
    elif project.settings.store is None:
        yield ok("store", f"{project.settings.spine.store} answers")
