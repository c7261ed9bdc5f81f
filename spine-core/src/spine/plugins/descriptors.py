"""Descriptors: frozen data about one name that a plugin provides. None of them imports its target.

The facts of a kind that discovery, error texts, checks, settings and the scaffold need are class variables here.
"""

from __future__ import annotations

import re
from typing import ClassVar

from attrs import field, frozen, validators

from spine.core.names import validate_name

_TABLES_NAME = re.compile(r"(?!core(?:-|$))[a-z](?:-?[a-z0-9]){0,39}")
_target = validators.matches_re(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@frozen
class Descriptor:
    """One name of one kind, and its target.

    `target` and `config` are written `module:Class` and are imported on first use. `config` names an attrs class whose
    fields are the keyword arguments of the target, apart from those that Spine passes.
    """

    kind: ClassVar[str]  # in the catalog, and in `[plugins.prefer] "kind.name"`
    hook: ClassVar[str]  # the hook that returns it
    label: ClassVar[str]  # the noun in error texts
    stem: ClassVar[str]  # of distributions in this repository: spine-STEM-name
    word: ClassVar[str]  # of `spine plugins new WORD name`, and of the distribution that it writes
    role: ClassVar[str]  # the module that the scaffold puts the class into
    noun: ClassVar[str]  # the end of the class's name in the scaffold
    section: ClassVar[str | None] = None  # of spine.toml, whose tables name it as `type`
    example: ClassVar[str] = ""  # a type, for error texts
    required_methods: ClassVar[tuple[str, ...]] = ()
    given_arguments: ClassVar[tuple[str, ...]] = ()  # passed by Spine, beside its options
    reserved_options: ClassVar[frozenset[str]] = frozenset()  # names that an option cannot have
    takes_options: ClassVar[bool] = True  # as keyword arguments of the target; otherwise it is created without any
    names: ClassVar[str] = "class"  # the kind of `target`: a "class", an "object", or a "folder" of a package
    has_template: ClassVar[bool] = True  # `spine plugins new` writes one
    may_replace_core: ClassVar[bool] = True  # `[plugins.prefer]` can give a name of core to a plugin

    name: str = field(validator=lambda _self, _attribute, value: validate_name(value, "descriptor name"))
    target: str = field(validator=_target)
    config: str | None = field(default=None, validator=validators.optional(_target))
    help: str = field(default="", validator=validators.instance_of(str))


@frozen
class SourceSpec(Descriptor):
    """A type of source, as `[sources."name"] type = "..."` names it."""

    kind = "source"
    hook = "spine_register_sources"
    label = "source type"
    stem, word, role, noun = "sources", "source", "source", "Source"
    section, example = "sources", "file"
    required_methods = ("fetch",)
    given_arguments = ("name",)


@frozen
class ChannelSpec(Descriptor):
    """A type of alert channel, as `[channels.name] type = "..."` names it."""

    kind = "alert_channel"
    hook = "spine_register_alert_channels"
    label = "channel type"
    stem, word, role, noun = "alerts", "alert", "channel", "Channel"
    section, example = "channels", "console"
    required_methods = ("should_send", "send")
    given_arguments = ("name",)


@frozen
class DatabaseSpec(Descriptor):
    """A database adapter, as `get_adapter("...")` and `[databases.name] type = "..."` name it."""

    kind = "database"
    hook = "spine_register_database_adapters"
    label = "database type"
    stem, word, role, noun = "db", "database", "adapter", "Adapter"
    section, example = "databases", "postgresql"
    required_methods = ("connect", "disconnect", "transaction", "execute", "query")


@frozen
class StepTypeSpec(Descriptor):
    """A type of workflow step; its options are keyword arguments of `Step.of()`, and are the step's config."""

    kind = "step_type"
    hook = "spine_register_step_types"
    label = "step type"
    stem, word, role, noun = "steps", "step", "step", "Step"
    required_methods = ("execute",)
    takes_options = False
    reserved_options = frozenset(
        (
            "kind",
            "name",
            "on_error",
            "retry_policy",
            "next_step",
            "timeout",
            "max_memory",
            "when",
            "always_run",
            "after",
            "dry_run",
        )
    )


@frozen
class ExecutorSpec(Descriptor):
    """A place where the items of a map and the runs of a schedule are executed.

    Its name is that of an executor; `[executors.name] type = "..."` gives it options and another name.
    """

    kind = "executor"
    hook = "spine_register_executors"
    label = "executor"
    stem, word, role, noun = "executors", "executor", "executor", "Executor"
    section, example = "executors", "threads"
    required_methods = ("submit", "close")
    given_arguments = ("max_workers",)


@frozen
class ListenerSpec(Descriptor):
    """A listener of committed events, as `[listeners.name] type = "..."` names it."""

    kind = "listener"
    hook = "spine_register_listeners"
    label = "listener type"
    stem, word, role, noun = "observe", "listener", "listener", "Listener"
    section, example = "listeners", "otel"
    required_methods = ("on_event",)
    given_arguments = ("name",)


@frozen
class CalendarSpec(Descriptor):
    """A business calendar, as `[calendars.name] type = "..."` names it."""

    kind = "calendar"
    hook = "spine_register_calendars"
    label = "calendar type"
    stem, word, role, noun = "calendars", "calendar", "calendar", "Calendar"
    section, example = "calendars", "weekdays"
    required_methods = ("is_business_day",)
    given_arguments = ("name",)


@frozen
class CommandSpec(Descriptor):
    """A command of `spine`: `target` names a click command or group. It cannot have the name of one of core's."""

    kind = "command"
    hook = "spine_register_commands"
    label = "command"
    stem, word, role, noun = "commands", "command", "command", "Command"
    required_methods = ("main", "make_context", "invoke")
    names = "object"
    may_replace_core = False


@frozen
class MigrationSpec(Descriptor):
    """Tables of a plugin in the project's own database: `target` is `package:folder` with Alembic revisions.

    `head` is the newest revision in it; `metadata` names the SQLAlchemy MetaData of its result, as `module:name`.
    The version is kept in a table of its own, `NAME_schema_version`. With `databases`, such as `("postgresql",)`, they
    are for projects on these types of database, and others never hear of them.
    """

    kind = "migration"
    hook = "spine_register_migrations"
    label = "migrations"
    stem, word, role, noun = "tables", "migration", "tables", "Tables"
    names = "folder"

    head: str = field(kw_only=True, validator=validators.matches_re(r"\w{1,32}"))
    metadata: str | None = field(default=None, kw_only=True, validator=validators.optional(_target))
    databases: tuple[str, ...] = field(default=(), kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not _TABLES_NAME.fullmatch(self.name):
            raise ValueError(
                f"migrations cannot be called {self.name!r:.80}: a table is named after them, so use at most 40 "
                "lower-case letters, digits and '-', beginning with a letter, and not 'core'"
            )

    @property
    def version_table(self) -> str:
        """The table with the version of the plugin's tables."""
        return f"{self.name.replace('-', '_')}_schema_version"


@frozen
class ReportSpec(Descriptor):
    """A format of reports of runs, as `Runs.report(run, "html")` and `spine runs report --html` name it.

    The target is created without arguments; its `render(project, run_id)` returns the bytes of a file.
    """

    kind = "report"
    hook = "spine_register_reports"
    label = "report format"
    stem, word, role, noun = "reports", "report", "report", "Report"
    required_methods = ("render",)
    takes_options = False
    has_template = False


KINDS: dict[str, type[Descriptor]] = {
    spec.kind: spec
    for spec in (
        SourceSpec,
        ChannelSpec,
        DatabaseSpec,
        StepTypeSpec,
        ExecutorSpec,
        ListenerSpec,
        CalendarSpec,
        CommandSpec,
        MigrationSpec,
        ReportSpec,
    )
}
HOOKS = {spec.hook: spec for spec in KINDS.values()}
SECTIONS = {spec.section: spec for spec in KINDS.values() if spec.section is not None}
