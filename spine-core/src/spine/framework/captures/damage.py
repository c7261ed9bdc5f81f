"""Errors of payloads that are missing or not as they were written."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, Self

from spine.core.errors import ErrorContext, StorageError
from spine.framework.captures.revision import Capture


class DamagedCaptureError(StorageError):
    """The file of a capture is missing or damaged.

    `path` is the file or its URL, `damage` the fault, `capture` whose it is.
    """

    def __init__(
        self, path: Path | str, damage: str, capture: Capture | None = None, *, cause: BaseException | None = None
    ) -> None:
        subject, name = "a capture", ""
        context = None
        if capture is not None:
            subject, name = describe(capture), f" {shlex.quote(capture.name)}"
            context = ErrorContext(run_id=capture.run_id, step=capture.step)
        super().__init__(
            f"{subject}: its file {path} {damage}: capture the same data again or restore the file, "
            f"then run spine captures verify{name}",
            context=context,
            cause=cause,
        )
        self.path = path
        self.damage = damage
        self.capture = capture

    def of(self, capture: Capture) -> Self:
        """Return this error with the capture that the file belongs to."""
        return type(self)(self.path, self.damage, capture, cause=self.cause)

    def to_row(self) -> dict[str, Any]:
        """Return the damage as JSON values, with the capture's name, partition, revision, run and step."""
        row: dict[str, Any] = {"file": str(self.path), "damage": self.damage, "error": str(self)}
        if self.capture is not None:
            shown = ("name", "partition_key", "revision", "run_id", "step_name")
            row = {name: self.capture.to_dict()[name] for name in shown} | row
        return row


def describe(capture: Capture) -> str:
    """Return a capture's name, partition, revision and run, for a message."""
    partition = "" if not capture.partition else f" {capture.partition_key}"
    run = "" if capture.run_id is None else f" of run {capture.run_id}"
    return f"capture {capture.name!r}{partition} revision {capture.revision}{run}"
