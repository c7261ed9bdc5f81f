"""Captures of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.framework.captures import Capture, CaptureData, list_captures, read_capture
from spine.framework.contracts import quality_result_store
from spine.project.page import Rows

if TYPE_CHECKING:
    from spine.framework.captures.reading import Condition
    from spine.framework.captures.selection import Partitions


@frozen
class Captures:
    """Queries over captures."""

    def list(self, name: str | None = None) -> Sequence[Capture]:
        """Return every revision of one capture, or of all, by name, partition and revision."""
        return list_captures(name)

    def read(
        self,
        name: str,
        *,
        partition: Mapping[str, Any] | None = None,
        partitions: Partitions | None = None,
        revision: int | None = None,
        as_of: datetime | str | None = None,
        columns: Sequence[str] | None = None,
        where: Sequence[Condition] | None = None,
    ) -> CaptureData:
        """Return a capture and its data; see `spine.framework.captures.read_capture`."""
        return read_capture(
            name,
            partition=partition,
            partitions=partitions,
            revision=revision,
            as_of=as_of,
            columns=columns,
            where=where,
        )

    def quality(self, capture: Capture) -> Rows:
        """Return the results of the checks of contracts on a revision, oldest first."""
        return [result.to_dict() for result in quality_result_store().list_results(capture_id=capture.capture_id)]
