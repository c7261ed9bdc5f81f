"""Freshness of a run: the steps that found nothing new, and the steps skipped because of that."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from spine.orchestration.definition.step import Step
from spine.orchestration.records import StepRecord
from spine.orchestration.status import StepStatus

UNCHANGED = "unchanged"


@define
class Freshness:
    """Steps of a run that found nothing new, and those that did."""

    _unchanged: set[str] = field(factory=set)
    _ran: set[str] = field(factory=set)
    _readers: set[str] = field(factory=set)
    said: set[str] = field(factory=set)  # those that found nothing new themselves

    @property
    def outcome(self) -> str | None:
        """`unchanged` if a pipeline said so and no other step read a source and found something new."""
        return UNCHANGED if self._unchanged and not self._readers else None

    def note(self, record: StepRecord) -> None:
        """Record the end of a step."""
        name = record.step_name
        for names in (self._unchanged, self._ran, self._readers, self.said):
            names.discard(name)
        if record.transition.outcome is not None:
            self._unchanged.add(name)
            if record.status is not StepStatus.SKIPPED:
                self.said.add(name)
        elif record.status is not StepStatus.SKIPPED:
            self._ran.add(name)
            if record.transition.read_source:
                self._readers.add(name)

    def skips(self, step: Step, may_read: Callable[[Step], bool]) -> bool:
        """Return True if the dependencies of the step have brought nothing new.

        It depends on the steps of its `after`; without `after`, on every step before it that read a source, unless
        `may_read` is true for it: its own source may have changed.
        """
        if step.always_run:
            return False
        if step.after is not None:
            return not self._unchanged.isdisjoint(step.after) and self._ran.isdisjoint(step.after)
        return self.outcome is not None and not may_read(step)
