"""The sources that a project declares, as rows of `core_sources`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from spine.core.clock import utc_now
from spine.core.errors import IntegrityError
from spine.core.ids import new_id
from spine.core.jsonvalue import to_json_value
from spine.storage.history import History
from spine.storage.retry import persistently
from spine.storage.tables.sources import sources


def record_source(history: History, name: str, source_type: str, config: Mapping[str, Any], domain: str | None) -> None:
    """Record the declaration of a source, if it has changed; `config` is without secrets."""
    given = {
        "source_type": source_type,
        "config": to_json_value(config, f"the options of source {name!r}"),
        "domain": domain,
        "enabled": True,
    }
    same = (history.own(sources), sources.c.name == name)
    query = select(*(sources.c[key] for key in given)).where(*same)
    known = history.read(lambda connection: connection.execute(query).mappings().one_or_none())
    if known is not None and dict(known) == given:
        return
    row = {**given, "updated_at": utc_now()}

    def once(_is_retry: bool) -> None:
        with history.engine.begin() as connection:
            if not connection.execute(update(sources).where(*same).values(row)).rowcount:
                new = {"id": new_id(), "project": history.project, "name": name, "created_at": row["updated_at"]}
                connection.execute(insert(sources).values(**new, **row))

    try:
        persistently(once)
    except IntegrityError:
        return  # another process has written it at the same time
