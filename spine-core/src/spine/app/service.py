"""The scheduler of a project, and the store of its schedules; nothing else imports `spine.scheduling`."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import evolve

from spine.core.clock import utc_now
from spine.core.errors import ConfigError
from spine.core.hashing import hash_json
from spine.framework.dispatcher import TriggerSource
from spine.orchestration import workflow_registry
from spine.orchestration.executors.base import make_executor
from spine.orchestration.run_queue import RunQueue
from spine.orchestration.run_store import run_store
from spine.scheduling.declare import check_future, read_schedules
from spine.scheduling.reconcile import reconcile
from spine.scheduling.record import ScheduleRecord, check_target, to_record
from spine.scheduling.run_pool import Crashes, RunPool
from spine.scheduling.schedule import Schedule
from spine.scheduling.scheduler import Chore, Scheduler, Status
from spine.storage.clock_repair import repair_times
from spine.storage.retention import prune
from spine.storage.schedules.check import WriteCheck
from spine.storage.schedules.schedulers import SEEN_SECONDS, Schedulers
from spine.storage.schedules.store import SqlScheduleStore, stored_schedules

if TYPE_CHECKING:
    from spine.app.application import Application

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
    now, kept = utc_now(), [] if history is None else stored_schedules(history)
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
        where = f"{settings.path}: schedules.{name}"
        check_target(schedule, where)
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
    where = f"{settings.path}: schedules.{name}"
    [schedule] = read_schedules(one, environ).values()
    if application.faults.error_of("modules") is not None:
        return  # its target may be in the module that cannot be imported
    check_target(schedule, where)
    if schedule.workflow is not None:
        workflow_registry.get(schedule.workflow).check_given(schedule.params)


def check_executor(application: Application) -> str:
    """Return the name of the scheduler's executor; ConfigError for one that cannot be used, PluginError without it."""
    settings = application.settings
    name = settings.scheduler.executor
    declared = settings.executors.get(name)
    if "inline" in (name, declared.type if declared else None):
        raise ConfigError(
            f"{settings.path}: scheduler.executor: {name!r} would block the ticks during a run: "
            "use 'threads' or 'processes'"
        )
    application.catalog.load_class("executor", declared.type if declared else name)
    return name


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
        chores.append(Chore("prune", _PRUNE_SECONDS, lambda: prune(application.history, store.now() - keep)))
    runner = application.runner(triggered_by=TriggerSource.SCHEDULER, park_waits=True)
    crashes = Crashes(settings.runs.on_crash, settings.runs.max_crashes)
    executor = make_executor(check_executor(application), settings.scheduler.workers)
    if isinstance(executor, RunQueue):
        store = SqlScheduleStore(application.history, application.alerts, executor)
    pool = RunPool(executor, run_store(), runner, crashes, settings.runs.grace_seconds)
    seconds, check = settings.scheduler.call_seconds, WriteCheck(application.database)
    return Scheduler(store, pool, application.alert_rules, tuple(chores), on_beat, seconds, check, present.leave)


def _repair(application: Application, lease_seconds: float) -> None:
    if count := repair_times(application.history, lease_seconds):
        logger.warning(
            "%d leases, throttles and deliveries were dated in the future and are repaired: the clock was ahead", count
        )
