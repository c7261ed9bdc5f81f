"""Schedules of a project, declared or added, their ticks, and actions on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.clock import utc_now
from spine.core.suggest import did_you_mean
from spine.framework.dispatcher import TriggerSource
from spine.orchestration.registry import target_workflow
from spine.scheduling.declare import read_schedule
from spine.scheduling.due import next_due
from spine.scheduling.firing import NewRun
from spine.scheduling.lint import Finding, lint
from spine.scheduling.reconcile import require_present
from spine.scheduling.record import ScheduleRecord, check_target, from_record, to_record
from spine.scheduling.store import UnknownScheduleError
from spine.scheduling.tick import TickRecord
from spine.scheduling.upcoming import Upcoming, upcoming

if TYPE_CHECKING:
    from spine.app import Application
    from spine.orchestration import WorkflowResult
    from spine.orchestration.engine.listener import RunListener
    from spine.orchestration.stop import Stop
    from spine.storage.schedules.store import SqlScheduleStore


@frozen
class Schedules:
    """Queries over schedules, and actions. A schedule is given by its name.

    Raises UnknownScheduleError with the closest name, ConfigError for an invalid declaration.
    """

    _application: Application

    def list(self) -> Sequence[ScheduleRecord]:
        """Return every schedule by name, as `spine.toml` declares it now, also those that are gone."""
        return self._application.view_schedules()

    def get(self, name: str) -> ScheduleRecord:
        """Return a schedule, as `spine.toml` declares it now."""
        found = {record.name: record for record in self.list()}
        if name not in found:
            raise UnknownScheduleError(f"there is no schedule {name!r}{did_you_mean(name, found)}")
        return found[name]

    def history(self, name: str | None = None, *, limit: int = 20) -> Sequence[TickRecord]:
        """Return the newest ticks first, of one schedule or of all."""
        try:
            return self._application.recorded_schedules.history(name, limit=limit)
        except UnknownScheduleError:
            if name in self._application.settings.schedules:
                return []  # declared since the database was last synchronised
            raise

    def upcoming(self, name: str, count: int) -> Sequence[Upcoming]:
        """Return the next ticks of a schedule."""
        return upcoming(from_record(self.get(name)), utc_now(), count)

    def lint(self) -> Sequence[Finding]:
        """Return the gaps, repeats and overlaps of the next two years."""
        return lint([from_record(record) for record in self.list() if record.gone_at is None], utc_now())

    def add(self, name: str, table: Mapping[str, Any]) -> None:
        """Add a schedule beside those of `spine.toml`; `table` is as in `[schedules.NAME]`."""
        store, where = self._application.schedules, f"schedule {name!r}"
        now = store.now()
        schedule = read_schedule(name, table, where, now)
        check_target(schedule, where)
        store.add(to_record(schedule, now, declared=False))

    def remove(self, name: str) -> None:
        """Remove a schedule that was added; its ticks and runs stay."""
        self._application.schedules.remove(name)

    def pause(self, name: str) -> ScheduleRecord:
        """Pause a schedule: it starts no run until it is resumed."""
        return self._present(name)[0].pause(name)

    def resume(self, name: str) -> ScheduleRecord:
        """Resume a schedule from now; missed ticks are not caught up."""
        store, record = self._present(name)
        return store.resume(name, next_due(from_record(record), store.now()))

    def trigger(self, name: str, *, listeners: Sequence[RunListener] = (), stop: Stop | None = None) -> WorkflowResult:
        """Run the target of a schedule now, in this process, whatever its time and its overlap rules."""
        store, record = self._present(name)
        workflow = target_workflow(record.target_name)
        runner = self._application.runner(listeners=listeners, triggered_by=TriggerSource.CLI)
        run = runner.prepare(workflow, record.params, schedule_id=record.id)
        store.trigger(record, NewRun(run, workflow.to_dict()), runner.lease)
        return runner.execute_prepared(run.run_id, stop=stop)

    def _present(self, name: str) -> tuple[SqlScheduleStore, ScheduleRecord]:
        """Return the store, synchronised with `spine.toml`, and the schedule; ConfigError for one that is gone."""
        store = self._application.schedules
        record = store.get(name)
        require_present(record)
        return store, record
