"""The backfiller of a project: its runs use the scheduler's executor."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

from spine.app.service import make_pool
from spine.framework.trigger_source import TriggerSource
from spine.orchestration import WorkflowRunner
from spine.scheduling.backfill import Backfill
from spine.scheduling.backfiller import Backfiller, BackfillProgress
from spine.storage.backfills import SqlBackfillStore

if TYPE_CHECKING:
    from spine.app.application import Application


@frozen
class BackfillOutcome:
    """The state of a backfill that this process executed.

    `backfill` is None if it was stopped before the end; `is_parked` is False if steps of its runs did not stop.
    """

    backfill: Backfill | None
    refused: dict[str, str]
    is_parked: bool = True


def backfill_runner(application: Application) -> WorkflowRunner:
    """Return the runner of a backfill's runs, under the lease of the backfill."""
    return application.runner(triggered_by=TriggerSource.MANUAL, park_waits=True)


def execute_backfill(
    application: Application,
    backfill: Backfill,
    runner: WorkflowRunner,
    stop: threading.Event,
    on_progress: Callable[[BackfillProgress], None],
    report_seconds: float,
) -> BackfillOutcome:
    """Execute a backfill that this process holds under the lease of `runner`, until its end or `stop`.

    Then its runs park, and any process may go on. Raises LostBackfillError if another process takes it over,
    ConfigError for an executor that cannot be used.
    """
    grace, store = application.settings.runs.grace_seconds, SqlBackfillStore(application.history)
    try:
        pool = make_pool(application, runner, backfill.options.max_parallel)
    except BaseException:
        store.release(backfill.id, runner.lease)
        raise
    work = Backfiller(store, pool, backfill, runner.lease, on_progress, report_seconds)
    ended, is_parked = None, False
    try:
        ended = work.run(stop)
    finally:
        is_parked = pool.park(grace)
        if not is_parked:
            pool.give_up()
        store.release(backfill.id, runner.lease)
    application.send_alerts()
    return BackfillOutcome(ended, work.refused, is_parked)
