"""Settings of a project; one with a unit in its name may also be a duration such as "1h30m".

Options of plugins stay as written until the plugin's own class checks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from attrs import field, frozen
from attrs.validators import and_, ge, gt, in_, le, optional

from spine.config.contracts import ContractSection
from spine.config.find import FILE_NAME
from spine.config.setting import not_blank, setting
from spine.core.duration import Days, Minutes, Seconds
from spine.core.errors import SpineError
from spine.plugins.descriptors import KINDS
from spine.plugins.policy import PluginPolicy


@frozen(kw_only=True)
class SpineSection:
    """`[spine]`: the project's name, its store of payloads, its Python modules, and its database.

    The database is a URL, or the name of one of `[databases]`.
    """

    name: str = setting("The project's name in a database that projects share; that of the folder by default.", "")
    database: str = setting(
        "URL of the database of the history, or the name of one of [databases].",
        "sqlite:///.spine/spine.db",
        not_blank,
    )
    store: str = setting(
        "Where the captures' payloads are: a folder, from the project's folder, or a URL such as s3://bucket/prefix.",
        ".spine/captures",
        not_blank,
    )
    store_options: dict[str, Any] = setting(
        'Options of fsspec for a store that is a URL, as in `{ key = { env = "KEY" } }`; without it those of its '
        "usual configuration.",
        {},
    )
    modules: list[str] = setting("Python modules to import: those that register workflows and pipelines.", [])


@frozen(kw_only=True)
class PluginSection:
    """`[plugins]`: the plugins that may be loaded."""

    enabled: list[str] | None = setting("Names of the plugins that may be loaded; all of them without it.", None)
    disabled: list[str] = setting("Names of plugins that are not loaded.", [])
    prefer: dict[str, str] = setting(
        'For a type that several plugins provide the plugin to use, as in `{ "source.feed" = "source-feed" }`.', {}
    )

    def policy(self) -> PluginPolicy:
        """Return the policy for discovery."""
        enabled = None if self.enabled is None else frozenset(self.enabled)
        return PluginPolicy(enabled=enabled, disabled=frozenset(self.disabled), prefer=self.prefer)


@frozen(kw_only=True)
class WorkflowAlerts:
    """`[alerts.workflows.NAME]`: the overrides of `[alerts]` for one workflow.

    `sla_minutes` is the longest duration of a run.
    """

    on_failure: str | None = setting("Severity of the alert of a failed run.", None)
    on_recovery: bool | None = setting("Send a resolution when a run completes after a failure.", None)
    on_sla: str | None = setting("Severity of the alert of a run that exceeds sla_minutes.", None)
    sla_minutes: Minutes | None = setting("Longest duration of a run.", None, optional(gt(0)))


@frozen(kw_only=True)
class AlertSection:
    """`[alerts]`: the severity of the alert that a failed run sends; `none` sends none.

    `on_recovery` sends a resolution too, `on_sla` is the severity for a run that exceeds its `sla_minutes`.
    `throttle_minutes`, `fallback` and `base_url` are the defaults of channels.
    """

    on_failure: str = setting("Severity of the alert of a failed run: INFO to CRITICAL, or none.", "ERROR")
    on_recovery: bool = setting("Send a resolution when a run completes after a failure.", True)
    on_sla: str = setting("Severity of the alert of a run that exceeds sla_minutes, or none.", "WARNING")
    sla_minutes: Minutes | None = setting("Longest duration of a run.", None, optional(gt(0)))
    throttle_minutes: Minutes = setting(
        "Shortest time between two messages about one incident, for channels that say none.", 5.0, ge(0)
    )
    fallback: str | None = setting("Channel that gets what another one could not deliver.", None)
    base_url: str | None = setting("Start of the links to runs in messages.", None)
    workflows: Mapping[str, WorkflowAlerts] = setting("Overrides for single workflows, by name.", {})


@frozen(kw_only=True)
class RunSection:
    """`[runs]`: the lease of a run, and the handling of runs whose process stopped renewing it.

    `on_crash` is "resume" or "mark". A run whose process died `max_crashes` times ends CRASHED. `grace_seconds` is how
    long a step may continue after its process was asked to stop, or its run to be cancelled.
    """

    lease_seconds: Seconds = setting("Time after which a run without a sign of life is taken over.", 60.0, ge(1))
    on_crash: str = setting(
        "Treatment of a run whose process died: resume it, or mark it CRASHED.", "resume", in_(("resume", "mark"))
    )
    max_crashes: int = setting("Number of deaths after which a run ends CRASHED.", 3, ge(0))
    grace_seconds: Seconds = setting(
        "How long a step may continue after its process was asked to stop, or its run to be cancelled.", 10.0, ge(0)
    )


@frozen(kw_only=True)
class SchedulerSection:
    """`[scheduler]`: the executor, the number of concurrent runs, and for how many days the history is kept.

    Without `keep_days` all of it is kept. `call_seconds` is how long `resolve_params` or a calendar may take.
    """

    executor: str = setting("Executor of the runs: threads, processes, or one of [executors].", "threads")
    workers: int = setting("Number of runs at one time.", 8, and_(ge(1), le(1000)))
    keep_days: Days | None = setting(
        "Days after which the history of an ended run is deleted; kept for ever without it.", None, optional(ge(1))
    )
    call_seconds: Seconds = setting("How long a workflow's resolve_params, or a calendar, may take.", 30.0, gt(0))


@frozen(kw_only=True)
class CaptureSection:
    """`[captures]`: the revisions that the scheduler keeps; without both settings, all of them.

    With both, a revision is forgotten that is beyond `keep` and older than `keep_days`.
    """

    keep: int | None = setting("Number of the newest revisions of a partition that are kept.", None, optional(ge(1)))
    keep_days: Days | None = setting("Days for which a revision is kept at least.", None, optional(ge(1)))


@frozen
class PluginOptions:
    """A named source, channel, database or the like: its type, and its options as written, references unresolved."""

    type: str
    options: Mapping[str, Any]


@frozen(kw_only=True)
class Settings:
    """A whole `spine.toml`; `root` is its folder, `document` its content with the overrides of the environment.

    `overlay` is the file whose settings go over those of `spine.toml`, and `overlaid` its content.
    Schedules stay as written, references unresolved, until `spine.scheduling` reads them. `database_fault` is the
    error for which the project's own database is not known, where faults were collected.
    """

    root: Path
    spine: SpineSection = field(factory=SpineSection)
    plugins: PluginSection = field(factory=PluginSection)
    alerts: AlertSection = field(factory=AlertSection)
    runs: RunSection = field(factory=RunSection)
    scheduler: SchedulerSection = field(factory=SchedulerSection)
    captures: CaptureSection = field(factory=CaptureSection)
    databases: Mapping[str, PluginOptions] = field(factory=dict)
    sources: Mapping[str, PluginOptions] = field(factory=dict)
    channels: Mapping[str, PluginOptions] = field(factory=dict)
    executors: Mapping[str, PluginOptions] = field(factory=dict)
    listeners: Mapping[str, PluginOptions] = field(factory=dict)
    calendars: Mapping[str, PluginOptions] = field(factory=dict)
    contracts: Mapping[str, ContractSection] = field(factory=dict)
    schedules: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    document: Mapping[str, Any] = field(factory=dict, repr=False)
    overlay: Path | None = None
    overlaid: Mapping[str, Any] = field(factory=dict, repr=False)
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
    def place(self) -> str:
        """The file that an error names, with its overlay."""
        return place_of(self.path, self.overlay)

    @property
    def store(self) -> Path | None:
        """The folder of the captures' payloads; None if they are on another machine."""
        return folder_of(self.spine.store, self.root)

    @property
    def name(self) -> str:
        """The project's name; that of the folder if none is set."""
        return self.spine.name or self.root.name


def folder_of(store: str, root: Path) -> Path | None:
    """Return the folder that `[spine] store` names, None for the URL of another machine."""
    if store.startswith("file://"):
        return Path(unquote(urlsplit(store).path))
    return None if "://" in store else root / store


def place_of(path: Path, overlay: Path | None) -> str:
    """Return the text that stands for `spine.toml` and its overlay in an error."""
    return str(path) if overlay is None else f"{path} with {overlay.name}"
