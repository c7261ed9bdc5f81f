"""Captures of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from spine.framework.captures import Capture, CaptureData, list_captures, read_capture
from spine.framework.contracts import quality_result_store
from spine.project.page import Rows


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
        revision: int | None = None,
        as_of: datetime | None = None,
    ) -> CaptureData:
        """Return a capture and its data; see `spine.framework.captures.read_capture`."""
        return read_capture(name, partition=partition, revision=revision, as_of=as_of)

    def quality(self, capture: Capture) -> Rows:
        """Return the results of the checks of contracts on a revision, oldest first."""
        return [result.to_dict() for result in quality_result_store().list_results(capture_id=capture.capture_id)]
