"""Actions of people on runs, among the events of the run."""

from __future__ import annotations

from sqlalchemy import insert

from spine.framework.events import ActionTaken
from spine.storage.history import History
from spine.storage.tables.runs import events


def record_action(history: History, taken: ActionTaken) -> None:
    """Store an action on a run as one of its events."""
    row = {"run_id": taken.run_id, "event_type": taken.event_type, "timestamp": taken.timestamp}
    with history.engine.begin() as connection:
        connection.execute(insert(events).values(**row, payload=dict(taken.payload)))
