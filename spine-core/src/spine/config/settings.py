"""Settings of a project; one with a unit in its name may also be a duration such as "1h30m".

Options of plugins stay as written until the plugin's own class checks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen
from attrs.validators import ge, gt, in_, le, optional

from spine.config.find import FILE_NAME
from spine.core.duration import Days, Minutes, Seconds
from spine.core.errors import SpineError
from spine.plugins.descriptors import KINDS
from spine.plugins.policy import PluginPolicy


@frozen(kw_only=True)
class SpineSection:
    """`[spine]`: the project's name, its store of payloads, its Python modules, and its database.

    The database is a URL, or the name of one of `[databases]`.
    """

    name: str = ""
    database: str = "sqlite:///.spine/spine.db"
    store: str = ".spine/captures"
    modules: list[str] = field(factory=list)


@frozen(kw_only=True)
class PluginSection:
    """`[plugins]`: the plugins that may be loaded."""

    enabled: list[str] | None = None
    disabled: list[str] = field(factory=list)
    prefer: dict[str, str] = field(factory=dict)

    def policy(self) -> PluginPolicy:
        """Return the policy for discovery."""
        enabled = None if self.enabled is None else frozenset(self.enabled)
        return PluginPolicy(enabled=enabled, disabled=frozenset(self.disabled), prefer=self.prefer)


@frozen(kw_only=True)
class WorkflowAlerts:
    """`[alerts.workflows.NAME]`: the overrides of `[alerts]` for one workflow.

    `sla_minutes` is the longest duration of a run.
    """

    on_failure: str | None = None
    on_recovery: bool | None = None
    on_sla: str | None = None
    sla_minutes: Minutes | None = field(default=None, validator=optional(gt(0)))


@frozen(kw_only=True)
class AlertSection:
    """`[alerts]`: the severity of the alert that a failed run sends; `none` sends none.

    `on_recovery` sends a resolution too, `on_sla` is the severity for a run that exceeds its `sla_minutes`.
    `throttle_minutes`, `fallback` and `base_url` are the defaults of channels.
    """

    on_failure: str = "ERROR"
    on_recovery: bool = True
    on_sla: str = "WARNING"
    sla_minutes: Minutes | None = field(default=None, validator=optional(gt(0)))
    throttle_minutes: Minutes = field(default=5.0, validator=ge(0))
    fallback: str | None = None
    base_url: str | None = None
    workflows: Mapping[str, WorkflowAlerts] = field(factory=dict)


@frozen(kw_only=True)
class RunSection:
    """`[runs]`: the lease of a run, and the handling of runs whose process stopped renewing it.

    `on_crash` is "resume" or "mark". A run whose process died `max_crashes` times ends CRASHED. `grace_seconds` is how
    long a step may continue after its process was asked to stop, or its run to be cancelled.
    """

    lease_seconds: Seconds = field(default=60.0, validator=ge(1))
    on_crash: str = field(default="resume", validator=in_(("resume", "mark")))
    max_crashes: int = field(default=3, validator=ge(0))
    grace_seconds: Seconds = field(default=10.0, validator=ge(0))


@frozen(kw_only=True)
class SchedulerSection:
    """`[scheduler]`: the executor, the number of concurrent runs, and for how many days the history is kept.

    Without `keep_days` all of it is kept. `call_seconds` is how long `resolve_params` or a calendar may take.
    """

    executor: str = "threads"
    workers: int = field(default=8, validator=[ge(1), le(1000)])
    keep_days: Days | None = field(default=None, validator=optional(ge(1)))
    call_seconds: Seconds = field(default=30.0, validator=gt(0))


@frozen
class PluginOptions:
    """A named source, channel, database or the like: its type, and its options as written, references unresolved."""

    type: str
    options: Mapping[str, Any]


@frozen(kw_only=True)
class Settings:
    """A whole `spine.toml`; `root` is its folder, `document` its content with the overrides of the environment.

    Schedules stay as written, references unresolved, until `spine.scheduling` reads them. `database_fault` is the
    error for which the project's own database is not known, where faults were collected.
    """

    root: Path
    spine: SpineSection = field(factory=SpineSection)
    plugins: PluginSection = field(factory=PluginSection)
    alerts: AlertSection = field(factory=AlertSection)
    runs: RunSection = field(factory=RunSection)
    scheduler: SchedulerSection = field(factory=SchedulerSection)
    databases: Mapping[str, PluginOptions] = field(factory=dict)
    sources: Mapping[str, PluginOptions] = field(factory=dict)
    channels: Mapping[str, PluginOptions] = field(factory=dict)
    executors: Mapping[str, PluginOptions] = field(factory=dict)
    listeners: Mapping[str, PluginOptions] = field(factory=dict)
    calendars: Mapping[str, PluginOptions] = field(factory=dict)
    schedules: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    document: Mapping[str, Any] = field(factory=dict, repr=False)
    database_fault: SpineError | None = field(default=None, repr=False)

    def declared(self, kind: str) -> Mapping[str, PluginOptions]:
        """Return the tables of a plugin kind's section by name, such as `[sources]` for `source`."""
        found: Mapping[str, PluginOptions] = getattr(self, str(KINDS[kind].section))
        return found

    @property
    def path(self) -> Path:
        """The path of `spine.toml`."""
        return self.root / FILE_NAME

    @property
    def store(self) -> Path:
        """The folder of the captures' payloads."""
        return self.root / self.spine.store

    @property
    def name(self) -> str:
        """The project's name; that of the folder if none is set."""
        return self.spine.name or self.root.name
