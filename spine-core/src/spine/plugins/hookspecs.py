"""The hooks a plugin implements, one a kind. They take no argument and return descriptors.

Growth happens as optional fields of the descriptors, never as a new hook argument.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from spine.plugins.descriptors import ChannelSpec, DatabaseSpec, ExecutorSpec, SourceSpec, StepTypeSpec

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
