"""The names that a `plugin.py` imports: the hook marker and the descriptors."""

from spine.plugins.descriptors import (
    CalendarSpec,
    ChannelSpec,
    CommandSpec,
    DatabaseSpec,
    Descriptor,
    ExecutorSpec,
    ListenerSpec,
    MigrationSpec,
    ReportSpec,
    SourceSpec,
    StepTypeSpec,
)
from spine.plugins.hookspecs import hookimpl

__all__ = [
    "CalendarSpec",
    "ChannelSpec",
    "CommandSpec",
    "DatabaseSpec",
    "Descriptor",
    "ExecutorSpec",
    "ListenerSpec",
    "MigrationSpec",
    "ReportSpec",
    "SourceSpec",
    "StepTypeSpec",
    "hookimpl",
]
