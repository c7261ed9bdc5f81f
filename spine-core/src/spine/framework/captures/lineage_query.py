"""Lineage of a capture that is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spine.core.errors import ValidationError
from spine.framework.captures.selection import one_capture
from spine.framework.captures.store import capture_store
from spine.framework.work import current_work

if TYPE_CHECKING:
    from spine.framework.lineage.graph import LineageGraph


def lineage(
    name_or_id: str,
    direction: str = "up",
    *,
    partition: Mapping[str, Any] | None = None,
    revision: int | None = None,
    depth: int | None = None,
) -> LineageGraph:
    """Return what a capture was made from, or with `direction="down"`, what was made from it.

    The capture is given by its id, or by name, partition and revision as for `read_capture`. What is read inside a step
    counts when the step has completed. With `depth`, the graph ends after so many steps. Raises CaptureNotFoundError if
    there is no such capture, ValidationError for another direction.
    """
    from spine.framework.lineage.graph import lineage_of

    if direction not in ("up", "down"):
        raise ValidationError(f"direction={direction!r:.80} is not known: use 'up' or 'down'", field="direction")
    store = capture_store()
    found = store.with_ids([name_or_id]) or [one_capture(store, current_work(), name_or_id, partition, revision, None)]
    return lineage_of(found, is_up=direction == "up", depth=depth)
