"""Edge between a step and what it has read or written."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import field, frozen

from spine.core.clock import utc_now
from spine.core.hashing import hash_json
from spine.framework.work import current_work


class Direction(str, Enum):
    """Direction of an edge, seen from the step; tables show the names."""

    READ = "read"
    WRITE = "write"


class EdgeKind(str, Enum):
    """Kind of thing at the other end of an edge; REVISION is a capture that was asked for by its revision or time."""

    CAPTURE = "capture"
    REVISION = "revision"
    FETCH = "fetch"
    TABLE = "table"


@frozen
class Edge:
    """Edge of lineage; `run_id` is the run, or the execution of a pipeline outside of a workflow.

    `reference` is the id of a capture or a fetch, or `database.table`; `content_hash` is that of the data.
    """

    run_id: str
    step: str | None
    attempt: int | None
    direction: Direction = field(converter=Direction)
    kind: EdgeKind = field(converter=EdgeKind)
    reference: str
    content_hash: str | None = None
    at: datetime = field(factory=utc_now)

    @property
    def id(self) -> str:
        """Digest of everything but the attempt and the time, so that a step has each edge once."""
        return hash_json([self.run_id, self.step, self.direction.name, self.kind.value, self.reference])


def record_edge(direction: Direction, kind: EdgeKind, reference: str, content_hash: str | None = None) -> None:
    """Stage an edge of the current step or pipeline, which is kept when it completes; in a plain script do nothing.

    What the step itself has written is not read.
    """
    work = current_work()
    work_id = None if work is None else work.run_id or work.execution_id
    if work is None or work_id is None or (direction, kind, reference) in work.edges:
        return
    if direction is Direction.READ and (Direction.WRITE, EdgeKind.CAPTURE, reference) in work.edges:
        return
    work.stage([Edge(work_id, work.step, work.attempt, direction, kind, reference, content_hash)])
    work.edges.add((direction, kind, reference))
