"""The composition root: settings in, wired project out. The only place that knows all layers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from spine.config.channels import check_fallbacks, describe_channels, with_defaults
from spine.config.explain import explain
from spine.config.find import find_root
from spine.config.load import load_settings
from spine.config.modules import import_modules
from spine.config.plugin_options import build, check_options
from spine.config.settings import Settings
from spine.core.errors import ConfigError, SpineError
from spine.core.scope import Scope, use_scope
from spine.db.adapter import DatabaseAdapter
from spine.db.location import relative_to
from spine.db.named import database_registry
from spine.db.registry import get_adapter
from spine.framework.alerts import DeliveryResult, alert_registry
from spine.framework.alerts.outbox import AlertOutbox
from spine.framework.alerts.store import AlertStore
from spine.framework.captures.payloads import PayloadStore
from spine.framework.captures.store import CaptureStore
from spine.framework.dispatcher import Dispatcher, StagedStore, TriggerSource
from spine.framework.rejects import RejectStore
from spine.framework.sources import source_registry
from spine.framework.sources.cache import SourceCache
from spine.framework.sources.fetches import FetchStore
from spine.framework.sources.state import SourceStateStore
from spine.orchestration import WorkflowRunner, workflow_registry
from spine.orchestration.alert_rules import check_workflows, read_alert_rules
from spine.orchestration.executors.base import Executor
from spine.orchestration.failure_alert import FailureAlert
from spine.orchestration.listener import RunListener
from spine.orchestration.project_address import ProjectAddress
from spine.orchestration.run_store import RunStore, run_store
from spine.orchestration.sla_alert import SlaAlert
from spine.plugins.catalog import Catalog, load_catalog
from spine.scheduling.declare import check_future, read_schedules
from spine.scheduling.record import check_target, to_record
from spine.scheduling.run_pool import Crashes, RunPool
from spine.scheduling.scheduler import Chore, Scheduler, Status
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.captures.store import SqlCaptureStore
from spine.storage.connections import record_connection
from spine.storage.migrate import ensure_schema
from spine.storage.retention import prune
from spine.storage.runs.store import SqlRunStore, SqlStagedStore
from spine.storage.schedules.store import SqlScheduleStore
from spine.storage.sources.cache import SqlSourceCache
from spine.storage.sources.catalog import record_source
from spine.storage.sources.fetches import SqlFetchStore
from spine.storage.sources.rejects import SqlRejectStore
from spine.storage.sources.state import SqlSourceStateStore

_ALERT_SECONDS = 5.0
_PRUNE_SECONDS = 3600.0


class Application:
    """One open project: its settings, catalog, database, and everything that code finds in its scope."""

    def __init__(self, settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
        self.settings = settings
        self._environ = environ
        alerts = settings.alerts
        self.alert_rules = read_alert_rules(alerts, alerts.workflows, f"{settings.path}: alerts")
        self.catalog = load_catalog(settings.plugins.policy())
        check_options(self.catalog, settings)
        check_fallbacks(settings)
        modules = import_modules(settings.root, settings.spine.modules, self.catalog)
        self.scope = Scope(parent=modules)
        self._fill_scope()
        with use_scope(self.scope):
            check_workflows(alerts.workflows, workflow_registry.list_workflows(), f"{settings.path}: alerts")

    @cached_property
    def database(self) -> DatabaseAdapter:
        """The project's own database, connected, whatever the state of its tables."""
        if self.settings.spine.database in self.settings.databases:
            return self._connected(self.settings.spine.database)
        root = Path(quote(str(self.settings.root)))  # the names of folders may hold what means something in a URL
        adapter = get_adapter(relative_to(root, self.settings.spine.database))
        adapter.connect()
        return adapter

    @cached_property
    def adapter(self) -> DatabaseAdapter:
        """The project's own database with its tables up to date; StoreVersionError if they are not."""
        ensure_schema(self.database)
        if self.settings.spine.database in self.settings.databases:
            self._record(self.settings.spine.database, self.database)
        return self.database

    @cached_property
    def alerts(self) -> SqlAlertStore:
        """The project's alerts and their outbox."""
        minutes = self.settings.alerts.throttle_minutes
        store = SqlAlertStore(self.adapter, throttle_minutes=minutes, rules_of=self.alert_rules)
        store.sync_channels(describe_channels(self.settings, self.catalog))
        return store

    def sync_channels(self) -> None:
        """Write down what `spine.toml` says of the channels."""
        self.alerts.sync_channels(describe_channels(self.settings, self.catalog))

    def send_alerts(self, *, force: bool = False) -> list[DeliveryResult]:
        """Send what is due in the outbox, with `force` everything that is pending."""
        self.register_channels()
        return alert_registry.flush(force=force)

    def runner(
        self,
        *,
        listeners: Sequence[RunListener] = (),
        triggered_by: TriggerSource = TriggerSource.API,
        refresh: bool = False,
        dry_run: bool = False,
        park_waits: bool = False,
    ) -> WorkflowRunner:
        """Return a runner whose runs are in the project's history and whose failures alert its channels."""
        self.register_channels()
        alerting: list[RunListener] = []
        if not dry_run:
            alerting = [FailureAlert(self.alert_rules), SlaAlert(self.alert_rules)]
        return WorkflowRunner(
            dry_run=dry_run,
            listeners=[*listeners, *alerting],
            triggered_by=triggered_by,
            refresh=refresh,
            park_waits=park_waits,
            lease_seconds=self.settings.runs.lease_seconds,
        )

    @cached_property
    def schedules(self) -> SqlScheduleStore:
        """The project's schedules, with what `spine.toml` declares now.

        Raises ConfigError for a declaration that cannot be, and then nothing has changed.
        """
        store = SqlScheduleStore(self.adapter, self.alerts)
        now, kept = store.now(), {record.name: record.definition for record in store.list_schedules()}
        records = []
        for name, schedule in read_schedules(self.settings, self._environ).items():
            where = f"{self.settings.path}: schedules.{name}"
            check_target(schedule, where)
            record = to_record(schedule, now, declared=True)
            if record.definition != kept.get(name):
                check_future(schedule, now, where)
            records.append(record)
        store.sync(records)
        return store

    def scheduler(self, on_beat: Callable[[Status], None] = lambda _status: None) -> Scheduler:
        """Return a scheduler of the project; it also sends alerts that are pending and prunes the history.

        Raises ConfigError, or the PluginError that says how to get it, for an executor that cannot be.
        """
        settings = self.settings
        chores = [Chore("alerts", _ALERT_SECONDS, self.send_alerts)]
        if settings.scheduler.keep_days is not None:
            chores.append(Chore("prune", _PRUNE_SECONDS, self._prune))
        runner = self.runner(triggered_by=TriggerSource.SCHEDULER, park_waits=True)
        crashes = Crashes(settings.runs.on_crash, settings.runs.max_crashes)
        pool = RunPool(self._run_executor(), run_store(), runner, crashes)
        return Scheduler(self.schedules, pool, self.alert_rules, tuple(chores), on_beat)

    def _run_executor(self) -> Executor:
        name, workers = self.settings.scheduler.executor, self.settings.scheduler.workers
        if name == "inline":
            raise ConfigError(
                f"{self.settings.path}: scheduler.executor: 'inline' would hold up the ticks while a run goes on: "
                "use 'threads' or 'processes'"
            )
        made: Executor = self.catalog.load_class("executor", name)(max_workers=workers)
        return made

    def _prune(self) -> None:
        prune(self.adapter, self.schedules.now() - timedelta(days=self.settings.scheduler.keep_days or 0))

    def close(self) -> None:
        """Let go of the database; harmless if it was never used."""
        if "database" in self.__dict__:
            self.database.disconnect()
        with use_scope(self.scope):
            database_registry.disconnect()

    def _fill_scope(self) -> None:
        # mypy has no type for "a protocol and what makes one"
        stores: dict[Any, Any] = {
            CaptureStore: lambda: SqlCaptureStore(self.adapter, PayloadStore(self.settings.store)),
            FetchStore: lambda: SqlFetchStore(self.adapter),
            SourceCache: lambda: SqlSourceCache(self.adapter),
            RejectStore: lambda: SqlRejectStore(self.adapter),
            SourceStateStore: lambda: SqlSourceStateStore(self.adapter),
            RunStore: lambda: SqlRunStore(self.adapter, self.alerts),
            StagedStore: lambda: SqlStagedStore(self.adapter),
            AlertStore: lambda: self.alerts,
            AlertOutbox: lambda: self.alerts,
            Dispatcher: Dispatcher,
        }
        for protocol, factory in stores.items():
            self.scope.defer(protocol, factory)
        self.scope.provide(Catalog, self.catalog)
        self.scope.provide(ProjectAddress, ProjectAddress("spine.app:open_project", str(self.settings.root)))
        with use_scope(self.scope):
            for name in self.settings.databases:
                database_registry.register(name, partial(self._named_database, name))
            for name in self.settings.sources:
                source_registry.register_factory(name, self._make_source)

    def _named_database(self, name: str) -> DatabaseAdapter:
        if name == self.settings.spine.database:
            return self.adapter
        try:
            adapter = self._connected(name)
        except SpineError as error:
            self._record(name, self.adapter, error)
            raise
        self._record(name, self.adapter)
        return adapter

    def _connected(self, name: str) -> DatabaseAdapter:
        declared = self.settings.databases[name]
        adapter: DatabaseAdapter = build(self.catalog, "database", name, declared, self.settings, self._environ)
        adapter.connect()
        return adapter

    def _record(self, name: str, store: DatabaseAdapter, error: Exception | None = None) -> None:
        declared = self.settings.databases[name]
        record_connection(store, name, declared.type, declared.options, error)

    def _make_source(self, name: str) -> Any:
        declared = self.settings.sources[name]
        source = build(self.catalog, "source", name, declared, self.settings, self._environ)
        record_source(self.adapter, name, declared.type, self.source_options(name), declared.options.get("domain"))
        return source

    def source_options(self, name: str) -> dict[str, Any]:
        """Return the options of a declared source, with secrets masked; none for one that a module registered."""
        prefix = f"sources.{name}."
        shown = {setting.key: setting.value for setting in explain(self.settings, self.catalog)}
        return {key.removeprefix(prefix): value for key, value in shown.items() if key.startswith(prefix)}

    def register_channels(self) -> None:
        """Make the channels of `spine.toml`, unless that has been done."""
        with use_scope(self.scope):
            for name, declared in self.settings.channels.items():
                if alert_registry.get(name) is None:
                    given = with_defaults(declared, self.settings, self.catalog)
                    channel = build(self.catalog, "alert_channel", name, given, self.settings, self._environ)
                    alert_registry.register(channel)


@contextmanager
def open_project(start: Path | None = None, environ: Mapping[str, str] = os.environ) -> Iterator[Application]:
    """Open the project at `start` (or SPINE_PROJECT, or the nearest one upwards) and make it the current one.

    Raises ConfigError if there is no `spine.toml`, or if it is wrong in any way.
    """
    application = Application(load_settings(find_root(start, environ), environ), environ)
    try:
        with use_scope(application.scope, process_wide=True):
            yield application
    finally:
        application.close()
