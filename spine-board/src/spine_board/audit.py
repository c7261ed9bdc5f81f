"""Record of what was done through the board, and by whom; refusals too."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.clock import utc_now
from spine.core.ids import new_id

if TYPE_CHECKING:
    from spine.project import Project

_LONGEST = 2_000


@frozen
class Audit:
    """The actions through the boards of a project."""

    _project: Project

    def add(self, by: str, action: str, target: str, *, run_id: str | None = None, refusal: str | None = None) -> None:
        """Record an action; one that was done is also an event of its run, and listeners are told."""
        if refusal is None:
            self._project.record_action(action, target, by, run=run_id)
        row: dict[str, str | None] = {"id": new_id(), "project": self._project.history_name, "by": by}
        row |= {"at": utc_now().isoformat(), "action": action, "target": target[:_LONGEST], "run_id": run_id}
        self._project.database.insert("board_actions", {**row, "refusal": refusal and refusal[:_LONGEST]})

    def list(self, limit: int = 200) -> list[dict[str, Any]]:
        """Return the newest actions first."""
        columns = 'at, "by", action, target, run_id, refusal'
        sql = f"SELECT {columns} FROM board_actions WHERE project = ? ORDER BY at DESC, id DESC LIMIT ?"  # noqa: S608
        rows = self._project.database.query(sql, (self._project.history_name, limit))
        return [{**row, "at": datetime.fromisoformat(row["at"])} for row in rows]
