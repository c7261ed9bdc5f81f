"""The plugin of core itself, registered through the same hooks as any other."""

from __future__ import annotations

from spine.plugins import (
    CalendarSpec,
    ChannelSpec,
    CommandSpec,
    DatabaseSpec,
    ExecutorSpec,
    SourceSpec,
    StepTypeSpec,
    hookimpl,
)

# as in spine.cli.main, which does not read them from here: `spine --help` needs no catalog
COMMANDS = (
    *("init", "status", "run", "plan", "workflows", "pipelines", "runs", "partitions", "backfill", "backfills", "emit"),
    *("sources", "captures", "schedules", "scheduler", "worker", "workers"),
    *("alerts", "metrics", "history", "db", "doctor", "config", "plugins", "completion", "help"),
)


@hookimpl
def spine_register_alert_channels() -> list[ChannelSpec]:
    return [
        ChannelSpec(
            "console",
            "spine.framework.alerts.channels.console:ConsoleChannel",
            config="spine.framework.alerts.channels.console:ConsoleChannelConfig",
            help="Writes alerts to the terminal.",
        ),
        ChannelSpec(
            "webhook",
            "spine.framework.alerts.channels.webhook:WebhookChannel",
            config="spine.framework.alerts.channels.webhook:WebhookChannelConfig",
            help="POSTs alerts as JSON to any URL.",
        ),
    ]


@hookimpl
def spine_register_sources() -> list[SourceSpec]:
    return [
        SourceSpec(
            "database",
            "spine.framework.sources.database:DatabaseSource",
            config="spine.framework.sources.database:DatabaseSourceConfig",
            help="The rows of a query: all of them, or only new ones.",
        ),
    ]


@hookimpl
def spine_register_database_adapters() -> list[DatabaseSpec]:
    return [
        DatabaseSpec(
            "sqlite",
            "spine.db.sqlite:SQLiteAdapter",
            config="spine.db.sqlite:SQLiteConfig",
            help="A SQLite file, or a database in memory.",
        ),
    ]


@hookimpl
def spine_register_step_types() -> list[StepTypeSpec]:
    return [
        _step_type("lambda", "lambda_:Lambda", "Calls a function with the context."),
        _step_type("pipeline", "pipeline:Pipeline", "Runs a registered pipeline."),
        _step_type("choice", "choice:Choice", "Continues with one of two steps."),
        _step_type("wait", "wait:Wait", "Waits for a time or a condition."),
        _step_type("map", "map_:Map", "Runs a body for each of many items."),
        _step_type("parallel", "parallel:Parallel", "Runs branches side by side."),
        _step_type("workflow", "workflow:Workflow", "Runs another workflow."),
        _step_type("command", "command:Command", "Runs a program."),
        _step_type("load", "load:Load", "Loads a capture into a table."),
    ]


def _step_type(name: str, place: str, help_line: str) -> StepTypeSpec:
    """Return the descriptor of a type whose handler and spec are `PLACEStep` and `PLACEStepSpec`."""
    target = f"spine.orchestration.steptypes.{place}"
    return StepTypeSpec(name, f"{target}Step", config=f"{target}StepSpec", help=help_line)


@hookimpl
def spine_register_executors() -> list[ExecutorSpec]:
    package = "spine.orchestration.executors"
    return [
        ExecutorSpec("inline", f"{package}.inline:InlineExecutor", help="In the calling thread, one after the other."),
        ExecutorSpec("threads", f"{package}.threads:ThreadExecutor", help="In threads of this process."),
        ExecutorSpec("processes", f"{package}.processes:ProcessExecutor", help="In child processes."),
    ]


@hookimpl
def spine_register_calendars() -> list[CalendarSpec]:
    return [
        CalendarSpec("weekdays", "spine.scheduling.calendar:WeekdayCalendar", help="Monday to Friday."),
        CalendarSpec(
            "file",
            "spine.scheduling.calendar_file:FileCalendar",
            config="spine.scheduling.calendar_file:FileCalendarConfig",
            help="All days but the weekend and the dates of a file.",
        ),
    ]


@hookimpl
def spine_register_commands() -> list[CommandSpec]:
    """Return core's commands, so that a plugin with one of the names is reported as in conflict."""
    return [CommandSpec(name, f"spine.cli.commands.{name}:{name}", help=f"spine {name} --help") for name in COMMANDS]
