"""The scheduler of a project, and the store of its schedules; nothing else imports `spine.scheduling`."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import evolve

from spine.core.errors import BadParamsError, ConfigError, ScheduleError
from spine.core.hashing import hash_json
from spine.framework.trigger_source import TriggerSource
from spine.orchestration import workflow_registry
from spine.orchestration.definition.parameters import read_params
from spine.orchestration.events import RunEvent, RunResumed
from spine.orchestration.executors.base import make_executor
from spine.orchestration.run_queue import RunQueue
from spine.orchestration.run_store import run_store
from spine.scheduling.chore import Chore
from spine.scheduling.declare import check_future, read_schedules
from spine.scheduling.file_watch import LOOK_SECONDS, FileWatch
from spine.scheduling.named_values import filled
from spine.scheduling.occurrence import OccurrenceTrigger
from spine.scheduling.reconcile import reconcile
from spine.scheduling.record import ScheduleRecord, check_target, to_record
from spine.scheduling.run_pool import Crashes, RunPool
from spine.scheduling.schedule import Schedule
from spine.scheduling.scheduler import Scheduler, Status
from spine.storage.clock import time_of
from spine.storage.clock_repair import repair_times
from spine.storage.presence import SEEN_SECONDS
from spine.storage.retention import kept_since, prune
from spine.storage.schedules.check import WriteCheck
from spine.storage.schedules.occurrences import SqlOccurrences, name_of_files
from spine.storage.schedules.schedulers import Schedulers
from spine.storage.schedules.store import SqlScheduleStore, stored_schedules

if TYPE_CHECKING:
    from spine.app.application import Application
    from spine.orchestration import WorkflowRunner

logger = logging.getLogger("spine.scheduling")

_ALERT_SECONDS = 5.0
_PRUNE_SECONDS = 3600.0


def open_schedules(application: Application, environ: Mapping[str, str] = os.environ) -> SqlScheduleStore:
    """Return the project's schedules, synchronised with `spine.toml`.

    Raises ConfigError for an invalid declaration, and if a scheduler in another folder has declared others; it changes
    nothing then.
    """
    store = SqlScheduleStore(application.history, application.alerts)
    records = _declared(application, store.now(), store.list_schedules(), environ)
    schedulers_of(application, records).require_agreement()
    store.sync(records)
    return store


def view_schedules(application: Application, environ: Mapping[str, str] = os.environ) -> list[ScheduleRecord]:
    """Return the schedules as `spine.toml` declares them now, with their state.

    Nothing is written, except in a project without any stored schedule, whose first ones count from now.
    """
    history = application.databases.readable()
    now = time_of(history)
    kept = [] if history is None else stored_schedules(history)
    records = _declared(application, now, kept, environ)
    if records and not kept and not application.faults.collected:
        return open_schedules(application, environ).list_schedules()
    return reconcile(records, kept, now).applied_to(kept)


def schedulers_of(application: Application, records: Iterable[ScheduleRecord]) -> Schedulers:
    """Return the schedulers of the project; those of `records` that `spine.toml` declares belong to the digest.

    Schedules that were added are in the database, and the same for every folder.
    """
    names = workflow_registry.list_workflows()
    present = [record for record in records if record.declared and record.gone_at is None]
    declared = {
        "schedules": {record.name: record.definition for record in present},
        "workflows": {name: workflow_registry.get(name).definition_hash() for name in names},
    }
    return Schedulers(application.history, str(application.settings.root), hash_json(declared))


def _declared(
    application: Application, now: datetime, kept: Iterable[ScheduleRecord], environ: Mapping[str, str]
) -> list[ScheduleRecord]:
    settings = application.settings
    known = {record.name: record.definition for record in kept}
    records = []
    for name, schedule in read_schedules(settings, environ).items():
        where = f"{settings.place}: schedules.{name}"
        check_target(schedule, where)
        _check_params(schedule, where)
        record = to_record(schedule, now, declared=True)
        if record.definition != known.get(name):
            _warn_of_past(schedule, now, where)
        records.append(record)
    return records


def _warn_of_past(schedule: Schedule, now: datetime, where: str) -> None:
    """Log a one-off schedule that does not fire any more; the others go on."""
    try:
        check_future(schedule, now, where)
    except ConfigError as error:
        logger.warning("%s: it does not fire", error)


def check_declared_schedule(application: Application, name: str, environ: Mapping[str, str]) -> None:
    """Raise a ConfigError for a fault of `[schedules.NAME]`, its target or its parameters."""
    settings = application.settings
    one = evolve(settings, schedules={name: settings.schedules[name]})
    where = f"{settings.place}: schedules.{name}"
    [schedule] = read_schedules(one, environ).values()
    if application.faults.error_of("modules") is not None:
        return  # its target may be in the module that cannot be imported
    check_target(schedule, where)
    _check_params(schedule, where)


def _check_params(schedule: Schedule, where: str) -> None:
    """Raise a ConfigError for parameters that the workflow would refuse at every tick, as far as they are known now."""
    if schedule.workflow is None:
        return
    workflow = workflow_registry.get(schedule.workflow)
    try:
        if workflow.partitions is None and _are_complete(schedule):
            workflow.check_given(schedule.params)
        elif workflow.params is not None:
            read_params(workflow.params, dict.fromkeys(schedule.params), f"workflow {workflow.name!r}")
    except BadParamsError as error:
        raise ConfigError(f"{where}: {error}", cause=error) from error


def _are_complete(schedule: Schedule) -> bool:
    """Return whether no tick changes the parameters: by a named value in them, or by the occurrence that causes it."""
    if isinstance(schedule.trigger, OccurrenceTrigger):
        return False
    try:
        filled(schedule.params, {})
    except ScheduleError:
        return False
    return True


def executor_class(application: Application) -> type[Any]:
    """Return the class of the scheduler's executor; ConfigError for one that cannot be used, PluginError without it."""
    settings = application.settings
    name = settings.scheduler.executor
    declared = settings.executors.get(name)
    if "inline" in (name, declared.type if declared else None):
        raise ConfigError(
            f"{settings.place}: scheduler.executor: {name!r} would block the ticks during a run: "
            "use 'threads' or 'processes'"
        )
    found: type[Any] = application.catalog.load_class("executor", declared.type if declared else name)
    return found


def make_pool(application: Application, runner: WorkflowRunner, workers: int) -> RunPool:
    """Return a pool of the scheduler's executor; ConfigError for one that cannot be used, PluginError without it."""
    executor_class(application)
    settings = application.settings
    executor = make_executor(settings.scheduler.executor, workers)
    crashes = Crashes(settings.runs.on_crash, settings.runs.max_crashes)
    return RunPool(executor, run_store(), runner, crashes, settings.runs.grace_seconds)


def make_scheduler(application: Application, on_beat: Callable[[Status], None]) -> Scheduler:
    """Return a scheduler of the project; it also sends pending alerts and prunes the history.

    Raises ConfigError for an executor that cannot be used, PluginError for one that is not available.
    """
    settings, store = application.settings, application.schedules
    present = schedulers_of(application, store.list_schedules())
    present.enter()
    chores = [Chore("alerts", _ALERT_SECONDS, application.send_alerts), Chore("presence", SEEN_SECONDS, present.enter)]
    lease_seconds = settings.runs.lease_seconds
    chores.append(Chore("repair of times", _ALERT_SECONDS, lambda: _repair(application, lease_seconds)))
    if (days := settings.scheduler.keep_days) is not None:
        keep = timedelta(days=days)
        chores.append(
            Chore("prune", _PRUNE_SECONDS, lambda: prune(application.history, kept_since(application.history, keep)))
        )
    if settings.captures.keep is not None or settings.captures.keep_days is not None:
        from spine.app.captures import forget_old  # few projects forget captures

        chores.append(Chore("forgetting of captures", _PRUNE_SECONDS, lambda: forget_old(application)))
    runner = application.runner(listeners=[_ResumptionLog()], triggered_by=TriggerSource.SCHEDULER, park_waits=True)
    pool = make_pool(application, runner, settings.scheduler.workers)
    if isinstance(pool.executor, RunQueue):
        store = SqlScheduleStore(application.history, application.alerts, pool.executor)
    seconds, check = settings.scheduler.call_seconds, WriteCheck(application.database)
    occurrences = SqlOccurrences(application.history)
    chores += _file_watch(application, store.list_schedules(), occurrences)
    return Scheduler(
        store, pool, application.alert_rules, tuple(chores), on_beat, seconds, check, present.leave, occurrences
    )


def _file_watch(
    application: Application, records: Iterable[ScheduleRecord], occurrences: SqlOccurrences
) -> list[Chore]:
    active = [record for record in records if record.is_active]
    patterns = {name_of_files(record.id): record.definition.get("on_file") for record in active}
    watched = {name: pattern for name, pattern in patterns.items() if pattern is not None}
    watch = FileWatch(application.settings.root, watched, occurrences)
    return [Chore("files", LOOK_SECONDS, watch.look)] if watched else []


class _ResumptionLog:
    """Run listener that logs each run that continues after an interruption or a wait."""

    def on_event(self, event: RunEvent) -> None:
        """Log the start of a resumed run that no other run started."""
        if isinstance(event, RunResumed) and event.parent_run_id is None:
            logger.info("%s resumed (%s)", event.workflow, event.run_id)


def _repair(application: Application, lease_seconds: float) -> None:
    if count := repair_times(application.history, lease_seconds):
        logger.warning(
            "%d leases, throttles and deliveries were dated in the future and are repaired: the clock was ahead", count
        )
