"""Recovery of runs: those that no process executes are submitted to a pool."""

from __future__ import annotations

import math
from collections import Counter

from attrs import define, field

from spine.core.clock import current_clock
from spine.core.errors import SpineError
from spine.orchestration.registry import target_workflow
from spine.scheduling.clock_watch import ClockWatch
from spine.scheduling.run_pool import RunPool


@define(eq=False)
class Recovery:
    """Submits to `pool` the runs whose process died, whose wake time has come, or that wait for a limit."""

    pool: RunPool
    _clock_watch: ClockWatch = field(factory=ClockWatch, init=False)

    def recover(self) -> None:
        """Submit them; leave them for a moment when the clock has jumped."""
        if not self._clock_watch.is_steady(self.pool.runs.now(), current_clock().monotonic()):
            return
        handed: Counter[str] = Counter()
        for run in self.pool.runs.abandoned():
            handed[run.workflow_name] += 1
            if handed[run.workflow_name] <= _most_at_once(run.workflow_name):
                self.pool.submit(run.run_id)


def _most_at_once(workflow_name: str) -> float:
    try:
        return min(target_workflow(workflow_name).limits.values(), default=math.inf)
    except SpineError:  # it is gone: its runs end as CRASHED
        return math.inf
