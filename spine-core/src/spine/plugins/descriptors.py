"""Descriptors: frozen data about one kind of thing that a plugin provides. None of them imports what it names."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen, validators

from spine.core.names import validate_name

_target = validators.matches_re(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@frozen
class Descriptor:
    """One name of one kind, and where its class is.

    `target` and `config` are written `module:Class` and are imported at first use. `config` names an attrs class whose
    fields are the keyword arguments of the target, apart from `name`.
    """

    kind: ClassVar[str]

    name: str = field(validator=lambda _self, _attribute, value: validate_name(value, "descriptor name"))
    target: str = field(validator=_target)
    config: str | None = field(default=None, validator=validators.optional(_target))
    help: str = field(default="", validator=validators.instance_of(str))


@frozen
class SourceSpec(Descriptor):
    """A type of source, as `[sources."name"] type = "..."` names it."""

    kind = "source"


@frozen
class ChannelSpec(Descriptor):
    """A type of alert channel, as `[channels.name] type = "..."` names it."""

    kind = "alert_channel"


@frozen
class DatabaseSpec(Descriptor):
    """A database adapter, as `get_adapter("...")` and `[databases.name] type = "..."` name it."""

    kind = "database"


@frozen
class StepTypeSpec(Descriptor):
    """A type of workflow step."""

    kind = "step_type"


@frozen
class ExecutorSpec(Descriptor):
    """A place where the items of a map and the runs of a schedule are executed."""

    kind = "executor"


KINDS: dict[str, type[Descriptor]] = {
    spec.kind: spec for spec in (SourceSpec, ChannelSpec, DatabaseSpec, StepTypeSpec, ExecutorSpec)
}
