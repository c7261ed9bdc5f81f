"""Faults that are found while a project is opened: the first is raised, or all are collected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import field, frozen

from spine.core.errors import SpineError


@frozen
class Fault:
    """An error, and the part of the project that has it: a key of `spine.toml`, `modules`, `plugins` or the like."""

    part: str
    error: SpineError


@frozen
class Faults:
    """The faults of one opening; unless they are `collected`, the first one is raised."""

    collected: bool = False
    found: list[Fault] = field(factory=list)

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        """Collect a SpineError of the `with` block, or let it pass."""
        try:
            yield
        except SpineError as error:
            if not self.collected:
                raise
            self.found.append(Fault(part, error))

    def error_of(self, *parts: str) -> SpineError | None:
        """Return the first collected error of one of these parts."""
        return next((fault.error for fault in self.found if fault.part in parts), None)
