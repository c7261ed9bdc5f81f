"""Captures of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.framework.captures import Capture, CaptureData, list_captures, read_capture
from spine.framework.contracts import quality_result_store
from spine.project.page import Rows

if TYPE_CHECKING:
    from spine.app import Application
    from spine.framework.captures.conditions import Condition
    from spine.framework.captures.diff import CaptureDiff
    from spine.framework.captures.selection import Partitions
    from spine.framework.lineage.graph import LineageGraph
    from spine.framework.lineage.stale import StaleCapture


@frozen
class Captures:
    """Queries over captures."""

    _application: Application

    def list(self, name: str | None = None, *, limit: int | None = None) -> Sequence[Capture]:
        """Return the revisions of one capture, or of all, by name, partition and revision.

        With `limit`, only so many of the newest.
        """
        return list_captures(name, limit=limit)

    def names(self) -> Rows:
        """Return a row for each name of captures, with the number of its `partitions` and `revisions`.

        `row_count` and `byte_count` are those of all current revisions, `captured_at` is the newest time.
        """
        from spine.storage.captures.queries import capture_names

        return capture_names(self._application.history)

    def current(self, name: str, *, limit: int = 1000) -> Sequence[Capture]:
        """Return the current revision of each partition of a capture, the newest first."""
        from spine.storage.captures.queries import current_captures

        return current_captures(self._application.history, name, limit=limit)

    def revisions(
        self, name: str, partition: Mapping[str, Any] | None = None, *, limit: int = 100
    ) -> Sequence[Capture]:
        """Return the newest revisions of one partition first; none for a partition that there is not."""
        from spine.storage.captures.queries import revisions

        return revisions(self._application.history, name, partition or {}, limit=limit)

    def checks(self, name: str, partition: Mapping[str, Any] | None = None, *, limit: int = 100) -> Rows:
        """Return the newest results of the checks of contracts on one partition first, whatever revision they made."""
        from spine.storage.captures.queries import checks

        return checks(self._application.history, name, partition or {}, limit=limit)

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
        """Return captures and their data; see `spine.framework.captures.read_capture`."""
        return read_capture(
            name,
            partition=partition,
            partitions=partitions,
            revision=revision,
            as_of=as_of,
            columns=columns,
            where=where,
        )

    def diff(
        self,
        name: str,
        old: int | None = None,
        new: int | None = None,
        *,
        key: Sequence[str] | str | None = None,
        partition: Mapping[str, Any] | None = None,
    ) -> CaptureDiff:
        """Return the differences between two revisions; see `spine.framework.captures.diff_captures`."""
        from spine.framework.captures.diff import diff_captures

        return diff_captures(name, old, new, key=key, partition=partition)

    def lineage(
        self,
        name: str,
        direction: str = "up",
        *,
        partition: Mapping[str, Any] | None = None,
        revision: int | None = None,
        depth: int | None = None,
    ) -> LineageGraph:
        """Return what a capture was made from, or `down`, what was made from it; `name` may be a capture's id.

        With `depth`, the graph ends after so many steps.
        """
        from spine.framework.captures import lineage

        return lineage(name, direction, partition=partition, revision=revision, depth=depth)

    def stale(self, name: str | None = None) -> Sequence[StaleCapture]:
        """Return the current captures, or those of one name, of which an input has a newer revision."""
        from spine.storage.lineage.stale import stale_captures

        return stale_captures(self._application.history, name)

    def stale_in_turn(self, name: str | None = None) -> Sequence[StaleCapture]:
        """Return the current captures, or those of one name, that were made from a stale one."""
        from spine.storage.lineage.stale import stale_in_turn

        found = stale_in_turn(self._application.history, self.stale())
        return [stale for stale in found if name in (None, stale.capture.name)]

    def forget(
        self, name: str, *, keep: int | None = None, older_than: timedelta | None = None, dry_run: bool = False
    ) -> Sequence[Capture]:
        """Forget old revisions of a capture and return them, or with `dry_run` only return them.

        Those beyond the newest `keep` of their partition, and captured longer ago than `older_than`. Kept are current
        revisions, those that other captures were made from, and those of open runs and alerts.
        """
        from spine.storage.captures.forget import forget
        from spine.storage.clock import StoreClock

        before = None if older_than is None else StoreClock(self._application.adapter).now() - older_than
        return forget(self._application.history, name, keep=keep, before=before, dry_run=dry_run)

    def quality(self, capture: Capture) -> Rows:
        """Return the results of the checks of contracts on a revision, oldest first."""
        return [result.to_dict() for result in quality_result_store().list_results(capture_id=capture.capture_id)]
