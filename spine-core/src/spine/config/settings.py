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
from spine.plugins.descriptors import KINDS
from spine.plugins.policy import PluginPolicy


@frozen(kw_only=True)
class SpineSection:
    """`[spine]`: the project's name, its store of payloads, its Python modules, and its database.

    That is a URL, or the name of one of `[databases]`.
    """

    name: str = ""
    database: str = "sqlite:///.spine/spine.db"
    store: str = ".spine/captures"
    modules: list[str] = field(factory=list)


@frozen(kw_only=True)
class PluginSection:
    """`[plugins]`: which plugins may be loaded."""

    enabled: list[str] | None = None
    disabled: list[str] = field(factory=list)
    prefer: dict[str, str] = field(factory=dict)

    def policy(self) -> PluginPolicy:
        """Return it as the policy that discovery takes."""
        enabled = None if self.enabled is None else frozenset(self.enabled)
        return PluginPolicy(enabled=enabled, disabled=frozenset(self.disabled), prefer=self.prefer)


@frozen(kw_only=True)
class WorkflowAlerts:
    """`[alerts.workflows.NAME]`: what is different for one workflow; what is not said is as in `[alerts]`.

    `sla_minutes` is how long a run may take.
    """

    on_failure: str | None = None
    on_recovery: bool | None = None
    on_sla: str | None = None
    sla_minutes: Minutes | None = field(default=None, validator=optional(gt(0)))


@frozen(kw_only=True)
class AlertSection:
    """`[alerts]`: the severity of the alert that a failed run sends; `none` sends none.

    `on_recovery` says that it is over, `on_sla` that a run takes longer than its `sla_minutes`. `throttle_minutes`,
    `fallback` and `base_url` are for channels without theirs.
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
    """`[runs]`: how long a process may be silent before others take it for dead, and what becomes of its runs then.

    `on_crash` is "resume" or "mark". A run whose process died `max_crashes` times ends CRASHED. `grace_seconds` is how
    long a step may go on when its process is asked to end, or its run to be cancelled.
    """

    lease_seconds: Seconds = field(default=60.0, validator=ge(1))
    on_crash: str = field(default="resume", validator=in_(("resume", "mark")))
    max_crashes: int = field(default=3, validator=ge(0))
    grace_seconds: Seconds = field(default=10.0, validator=ge(0))


@frozen(kw_only=True)
class SchedulerSection:
    """`[scheduler]`: how many runs a scheduler executes at once and where, and for how many days it keeps the history.

    Without `keep_days` it keeps all of it.
    """

    executor: str = "threads"
    workers: int = field(default=8, validator=[ge(1), le(1000)])
    keep_days: Days | None = field(default=None, validator=optional(ge(1)))


@frozen
class PluginOptions:
    """A named source, channel, database or the like: its type, and its options as written, references unresolved."""

    type: str
    options: Mapping[str, Any]


@frozen(kw_only=True)
class Settings:
    """A whole `spine.toml`; `root` is the folder it lies in, `document` what is written in it and the environment.

    Schedules stay as written, references unresolved, until `spine.scheduling` reads them.
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

    def declared(self, kind: str) -> Mapping[str, PluginOptions]:
        """Return the tables of a plugin kind's section by name, such as `[sources]` for `source`."""
        found: Mapping[str, PluginOptions] = getattr(self, str(KINDS[kind].section))
        return found

    @property
    def path(self) -> Path:
        """The file itself."""
        return self.root / FILE_NAME

    @property
    def store(self) -> Path:
        """The folder of the captures' payloads."""
        return self.root / self.spine.store

    @property
    def name(self) -> str:
        """The project's name: the folder's where none is set."""
        return self.spine.name or self.root.name
