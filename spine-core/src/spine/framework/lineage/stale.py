"""Stale captures: an input of theirs has a newer revision than the one that they were made from."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from spine.framework.captures.revision import Capture


@frozen
class StaleInput:
    """Input of a stale capture: the revision that was read, and the current one."""

    name: str
    partition: dict[str, str]
    revision_read: int
    current_revision: int


@frozen
class StaleCapture:
    """Current revision that was made from old inputs; `made_by` is the run that made or confirmed it last."""

    capture: Capture
    made_by: str
    inputs: tuple[StaleInput, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the capture and its inputs as JSON values."""
        return {
            "name": self.capture.name,
            "partition": dict(self.capture.partition),
            "revision": self.capture.revision,
            "capture_id": self.capture.capture_id,
            "run_id": self.made_by,
            "inputs": [
                {
                    "name": found.name,
                    "partition": found.partition,
                    "revision_read": found.revision_read,
                    "current_revision": found.current_revision,
                }
                for found in self.inputs
            ],
        }
