"""Conversion of a pipeline's return value to its result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from spine.core.errors import PipelineError
from spine.core.result import unwrapped
from spine.framework.captures import Capture
from spine.framework.pipelines.result import PipelineResult


def result_of(pipeline: str, started_at: datetime, returned: Any) -> PipelineResult:
    """Return `returned` if it is a PipelineResult or an Ok of one, else a completed result with its metrics.

    An Err raises its error.
    """
    returned = unwrapped(returned)
    if isinstance(returned, PipelineResult):
        return returned
    return PipelineResult.completed(started_at, metrics_of(pipeline, returned))


def metrics_of(pipeline: str, returned: Any) -> dict[str, Any]:
    """Return the output for `returned`; rows and tables are captured under the pipeline's name.

    A value of an undocumented kind is a PipelineError.
    """
    match returned:
        case None:
            return {}
        case Capture():
            return capture_reference(returned)
        case Mapping():
            return dict(returned)
    if _is_tabular(returned):
        from spine.framework.captures import capture  # imported only to write data

        return capture_reference(capture(pipeline, returned))
    raise PipelineError(
        f"pipeline {pipeline!r} returned {type(returned).__name__}: return a dict, rows (a list of dicts), "
        "an Arrow table, a capture, a Result, a PipelineResult or None"
    )


def capture_reference(captured: Capture) -> dict[str, Any]:
    """Return the reference to a capture in a step's output, as JSON values."""
    return {
        "capture": captured.name,
        "capture_id": captured.capture_id,
        "revision": captured.revision,
        "record_count": captured.row_count,
        "unchanged": captured.unchanged,
    }


def _is_tabular(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(row, Mapping) for row in value)
    return type(value).__module__.partition(".")[0] == "pyarrow"  # without importing it
