"""An open project: its settings, catalog, databases and the services in its scope."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from inspect import signature
from threading import RLock
from typing import TYPE_CHECKING, Any

from spine.app.databases import Databases
from spine.app.stores import provide_stores
from spine.config.channels import check_fallbacks, describe_channels, is_enabled, with_defaults
from spine.config.explain import explained
from spine.config.faults import Fault, Faults
from spine.config.modules import import_modules, scope_with
from spine.config.plugin_options import build, build_arguments, check_options
from spine.config.settings import PluginOptions, Settings
from spine.core.errors import SpineError
from spine.core.masking import ProjectSecrets
from spine.core.scope import Scope, current_scope, in_dry_run, use_scope
from spine.db.adapter import DatabaseAdapter
from spine.db.named import database_registry
from spine.framework.trigger_source import TriggerSource
from spine.orchestration.alerts.rules import RulesOf, check_workflows, read_alert_rules, usual_rules
from spine.plugins.catalog import Catalog, discover, load_catalog
from spine.plugins.declared import Declarations
from spine.plugins.descriptors import SECTIONS
from spine.plugins.errors import PluginError

if TYPE_CHECKING:
    from spine.framework.alerts import AlertChannel, DeliveryResult
    from spine.framework.alerts.registry import DeclaredChannels
    from spine.framework.captures.payloads import ParquetPayloads
    from spine.orchestration import WorkflowRunner
    from spine.orchestration.engine.listener import RunListener
    from spine.scheduling.record import ScheduleRecord
    from spine.scheduling.scheduler import Scheduler, Status
    from spine.storage.alerts.store import SqlAlertStore
    from spine.storage.history import History
    from spine.storage.schedules.store import SqlScheduleStore

logger = logging.getLogger("spine.app")


class Application:
    """A wired project; `scope` holds its services.

    Without `with_modules` its own code is not imported: what that registers is missing.
    """

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str] = os.environ,
        faults: Faults | None = None,
        *,
        with_modules: bool = True,
    ) -> None:
        self.settings = settings
        self.faults = Faults() if faults is None else faults
        self.is_closed = False
        self._closing: list[Callable[[], None]] = []
        self._unregistered = sorted(settings.channels, reverse=True)
        self._registering = RLock()  # the registry asks for them while they are registered
        self._environ = environ
        self.alert_rules: RulesOf = usual_rules
        with self.faults.of("alerts"):
            alerts = settings.alerts
            self.alert_rules = read_alert_rules(alerts, alerts.workflows, f"{settings.place}: alerts")
        self.catalog = self._load_catalog()
        secrets = current_scope().provide(ProjectSecrets, ProjectSecrets(self._secret_texts))  # for errors from here on
        with self.faults.of("options"):
            check_options(self.catalog, settings)
        with self.faults.of("channels"):
            check_fallbacks(settings)
        self.databases = Databases(settings, self.catalog, self.build_declared, self.faults)
        services = {Catalog: self.catalog, Declarations: self._declarations(), ProjectSecrets: secrets}
        if with_modules:
            self.scope = Scope(parent=import_modules(settings.root, settings.spine.modules, services, self.faults))
        else:
            self.scope = scope_with(services, Scope(parent=current_scope()))
        self._fill_scope()
        if with_modules and self.faults.error_of("modules") is None:
            self._check_alert_rules()

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment that the settings are read with."""
        return self._environ

    @property
    def database(self) -> DatabaseAdapter:
        """The project's own database, connected, whatever the state of its tables."""
        return self.databases.own

    @property
    def adapter(self) -> DatabaseAdapter:
        """The project's own database with its tables up to date; StoreVersionError if they are not."""
        return self.history.adapter

    @property
    def history(self) -> History:
        """The project's history in its own database, whose tables are up to date; StoreVersionError if they are not."""
        return self.databases.history

    @cached_property
    def payloads(self) -> ParquetPayloads:
        """The store of the captures' payloads; ConfigError for a URL that cannot be one."""
        from spine.framework.captures.payloads import PayloadStore

        if self.settings.store is not None:
            return PayloadStore(self.settings.store)
        from spine.framework.captures.remote import RemotePayloads

        return RemotePayloads(self.settings.spine.store, self.settings.spine.store_options)

    @cached_property
    def alerts(self) -> SqlAlertStore:
        """The project's alerts and their outbox."""
        from spine.storage.alerts.store import SqlAlertStore

        minutes = self.settings.alerts.throttle_minutes
        store = SqlAlertStore(self.history, throttle_minutes=minutes, rules_of=self.alert_rules)
        if not self.faults.collected:
            store.sync_channels(self.describe_channels())
        return store

    def describe_channels(self) -> list[dict[str, Any]]:
        """Return each channel of `spine.toml` as a row of `core_alert_channels`, with secrets masked."""
        return describe_channels(self.settings, self.catalog)

    def channel_targets(self) -> dict[str, str | None]:
        """Return the server of each channel of `spine.toml`, None where there is none or the options are at fault."""
        found: dict[str, str | None] = {}
        with use_scope(self.scope):
            for name, declared in self.settings.channels.items():
                try:
                    channel = self._make_channel(name, declared)
                except SpineError:  # the warning of the command, and `spine doctor`, say why
                    found[name] = None
                else:
                    found[name] = getattr(channel, "target", None)
        return found

    def send_alerts(self, *, force: bool = False) -> list[DeliveryResult]:
        """Send the deliveries in the outbox that are due; with `force`, all that are pending."""
        from spine.framework.alerts import alert_registry

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
        from spine.orchestration.alerts.failure import FailureAlert
        from spine.orchestration.engine.runner import WorkflowRunner

        if not dry_run:
            self.register_channels()
        alerting: list[RunListener] = []
        if not dry_run:
            alerting = [FailureAlert(self.alert_rules), *self._sla_alert()]
        return WorkflowRunner(
            dry_run=dry_run,
            listeners=[*listeners, *alerting],
            triggered_by=triggered_by,
            refresh=refresh,
            park_waits=park_waits,
            lease_seconds=self.settings.runs.lease_seconds,
            grace_seconds=self.settings.runs.grace_seconds,
        )

    def canceller(self) -> WorkflowRunner:
        """Return a runner that only ends runs, which raises no alert: a channel at fault does not prevent it."""
        from spine.orchestration.engine.runner import WorkflowRunner

        return WorkflowRunner(lease_seconds=self.settings.runs.lease_seconds)

    @cached_property
    def schedules(self) -> SqlScheduleStore:
        """The project's schedules, synchronised with `spine.toml`; see `spine.app.service`."""
        from spine.app.service import open_schedules

        return open_schedules(self, self._environ)

    def view_schedules(self) -> list[ScheduleRecord]:
        """Return the schedules as `spine.toml` declares them now, with their state; see `spine.app.service`."""
        from spine.app.service import view_schedules

        return view_schedules(self, self._environ)

    def check_schedule(self, name: str) -> None:
        """Raise a ConfigError for a schedule of `spine.toml` that could not start its runs."""
        from spine.app.service import check_declared_schedule

        check_declared_schedule(self, name, self._environ)

    @property
    def recorded_schedules(self) -> SqlScheduleStore:
        """The schedules as they are in the database, not synchronised."""
        from spine.storage.schedules.store import SqlScheduleStore

        return SqlScheduleStore(self.history, self.alerts)

    def scheduler(self, on_beat: Callable[[Status], None] = lambda _status: None) -> Scheduler:
        """Return a scheduler of the project; see `spine.app.service`."""
        from spine.app.service import make_scheduler

        return make_scheduler(self, on_beat)

    def source_options(self, name: str) -> dict[str, Any]:
        """Return the options of a declared source, with secrets masked; none for one that a module registered."""
        return explained(self.settings, self.catalog, "source", name) if name in self.settings.sources else {}

    def register_channels(self) -> None:
        """Create and register the channels of `spine.toml` that are not registered yet; ConfigError for a wrong one."""
        from spine.framework.alerts import alert_registry

        with self._registering, use_scope(self.scope):
            waiting, self._unregistered = self._unregistered, []
            try:
                while waiting:
                    if alert_registry.get(waiting[-1]) is None:
                        alert_registry.register(self._make_channel(waiting[-1], self.settings.channels[waiting[-1]]))
                    waiting.pop()
            finally:
                self._unregistered = waiting  # one that is at fault is told again at the next use

    def on_close(self, call: Callable[[], None]) -> None:
        """Call a function at the beginning of `close`, while the project can still be used; the newest first."""
        self._closing.append(call)

    def close(self) -> None:
        """Deliver the remaining events to the listeners and disconnect the databases that were used."""
        self.is_closed = True
        while self._closing:
            self._closing.pop()()
        if self.settings.listeners:
            from spine.framework.events import EventHub

            if (hub := self.scope.find(EventHub)) is not None:
                hub.close()
        with use_scope(self.scope):
            self.databases.disconnect()

    def _fill_scope(self) -> None:
        provide_stores(self.scope, self)
        self.scope.provide(Application, self)
        self.scope.provide(Catalog, self.catalog)
        with use_scope(self.scope):
            for name in self.settings.databases:
                database_registry.register(name, partial(self.databases.named, name))
            if self.settings.contracts:
                self._register_contracts()
            if self.settings.sources:
                self._register_sources()
            if self.settings.listeners and not self.faults.collected:
                self._start_listeners()
        self.scope.defer("spine.framework.alerts.registry:DeclaredChannels", self._declared_channels)

    def _declared_channels(self) -> DeclaredChannels:
        from spine.framework.alerts.registry import DeclaredChannels  # few commands send alerts

        return DeclaredChannels(self.register_channels)

    def _register_sources(self) -> None:
        from spine.framework.sources import source_registry

        for name in self.settings.sources:
            source_registry.register_factory(name, self._make_source)

    def _register_contracts(self) -> None:
        from spine.framework.contracts import Contract, contract_registry

        for name, section in self.settings.contracts.items():
            with self.faults.of(f"contracts.{name}"):
                contract_registry.register(Contract.of(name, section))

    def _load_catalog(self) -> Catalog:
        policy = self.settings.plugins.policy()
        if not self.faults.collected:
            return load_catalog(policy)
        catalog = discover(policy)
        for warning in filter(None, (report.warning() for report in catalog.reports)):
            self.faults.found.append(Fault("plugins", PluginError(warning)))
        return catalog

    def _check_alert_rules(self) -> None:
        own = self.settings.alerts.workflows
        if not own:
            return
        from spine.orchestration.registry import workflow_registry

        with use_scope(self.scope), self.faults.of("alerts"):
            check_workflows(own, workflow_registry.list_workflows(), f"{self.settings.place}: alerts")

    def _secret_texts(self) -> Iterable[str]:
        from spine.config.secret_texts import secret_texts  # for texts from outside, such as log lines

        return secret_texts(self.settings, self.catalog, self._environ)

    def _sla_alert(self) -> list[RunListener]:
        alerts = self.settings.alerts
        if alerts.sla_minutes is None and all(own.sla_minutes is None for own in alerts.workflows.values()):
            return []
        from spine.orchestration.alerts.sla import SlaAlert

        return [SlaAlert(self.alert_rules)]

    def build_declared(self, kind: str, name: str, /, **given: Any) -> Any:
        """Build the object that `spine.toml` declares as `name`; ConfigError or PluginError if that fails."""
        declared = self.settings.declared(kind)[name]
        return build(self.catalog, kind, name, declared, self.settings, self._environ, **given)

    def check_declared(self, kind: str, name: str) -> None:
        """Raise the error that building the object would raise, or connecting a database on a server.

        An executor is not made, as it starts workers.
        """
        declared = self.settings.declared(kind)[name]
        if kind == "executor":
            workers = {"max_workers": self.settings.scheduler.workers}
            arguments = build_arguments(self.catalog, kind, name, declared, self.settings, self._environ, **workers)
            signature(self.catalog.load_class(kind, declared.type)).bind(**arguments)
        elif kind == "alert_channel":
            self._make_channel(name, declared)
        elif kind == "database":
            self.databases.check_named(name)
        else:
            self.build_declared(kind, name)

    def _declarations(self) -> Declarations:
        types = {
            (spec.kind, name): declared.type
            for spec in SECTIONS.values()
            for name, declared in self.settings.declared(spec.kind).items()
        }
        return Declarations(types, self.build_declared)

    def _make_channel(self, name: str, declared: PluginOptions) -> AlertChannel:
        if not is_enabled(name, declared, self.settings, self._environ):  # its secrets may not be set
            from spine.framework.alerts.channel import DisabledChannel

            return DisabledChannel(name, declared.type)
        given = with_defaults(declared, self.settings, self.catalog)
        channel: AlertChannel = build(self.catalog, "alert_channel", name, given, self.settings, self._environ)
        return channel

    def _make_source(self, name: str) -> Any:
        from spine.storage.sources.catalog import record_source

        source, declared = self.build_declared("source", name), self.settings.sources[name]
        if in_dry_run():
            return source
        record_source(self.history, name, declared.type, self.source_options(name), declared.options.get("domain"))
        return source

    def _start_listeners(self) -> None:
        from spine.framework.events import EventHub, Listener

        made: dict[str, Listener] = {}
        for name in self.settings.listeners:
            try:
                made[name] = self.build_declared("listener", name)
            except PluginError as error:  # a listener that fails must not stop the project
                logger.warning("%s; listener %r receives no events", error, name)
        self.scope.provide(EventHub, EventHub(made))
