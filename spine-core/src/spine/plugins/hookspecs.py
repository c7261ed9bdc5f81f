"""The hooks that a plugin implements, one for each kind. They take no argument and return descriptors.

Extensions are optional fields of the descriptors, never new hook arguments.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from spine.plugins.descriptors import (
        CalendarSpec,
        ChannelSpec,
        CommandSpec,
        DatabaseSpec,
        ExecutorSpec,
        ListenerSpec,
        MigrationSpec,
        ReportSpec,
        SourceSpec,
        StepTypeSpec,
    )

PROJECT = "spine"  # pluggy's project name and the entry-point group

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def spine_register_sources() -> Iterable[SourceSpec]:  # type: ignore[empty-body]  # a specification, never called
    """Return the types of sources that this plugin provides."""


@hookspec
def spine_register_alert_channels() -> Iterable[ChannelSpec]:  # type: ignore[empty-body]
    """Return the types of alert channels that this plugin provides."""


@hookspec
def spine_register_database_adapters() -> Iterable[DatabaseSpec]:  # type: ignore[empty-body]
    """Return the database adapters that this plugin provides."""


@hookspec
def spine_register_step_types() -> Iterable[StepTypeSpec]:  # type: ignore[empty-body]
    """Return the types of workflow steps that this plugin provides."""


@hookspec
def spine_register_executors() -> Iterable[ExecutorSpec]:  # type: ignore[empty-body]
    """Return the executors that this plugin provides."""


@hookspec
def spine_register_listeners() -> Iterable[ListenerSpec]:  # type: ignore[empty-body]
    """Return the types of listeners that this plugin provides: they receive committed events."""


@hookspec
def spine_register_calendars() -> Iterable[CalendarSpec]:  # type: ignore[empty-body]
    """Return the business calendars that this plugin provides."""


@hookspec
def spine_register_commands() -> Iterable[CommandSpec]:  # type: ignore[empty-body]
    """Return the commands that this plugin adds to `spine`."""


@hookspec
def spine_register_migrations() -> Iterable[MigrationSpec]:  # type: ignore[empty-body]
    """Return the migrations of the tables that this plugin keeps in the project's own database."""


@hookspec
def spine_register_reports() -> Iterable[ReportSpec]:  # type: ignore[empty-body]
    """Return the formats in which this plugin writes the report of a run."""
