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

# as in spine.cli.main, which finds them without asking here: `spine --help` needs no catalog
COMMANDS = (
    *("init", "run", "plan", "workflows", "pipelines", "runs", "sources", "captures", "schedules", "scheduler"),
    *("alerts", "history", "db", "doctor", "config", "plugins"),
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
            help="The rows of a query, whole or only what is new.",
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
    package = "spine.orchestration.steptypes"
    return [
        StepTypeSpec("lambda", f"{package}.lambda_:LambdaStep", help="Calls a function with the context."),
        StepTypeSpec("pipeline", f"{package}.pipeline:PipelineStep", help="Runs a registered pipeline."),
        StepTypeSpec("choice", f"{package}.choice:ChoiceStep", help="Goes on with one of two steps."),
        StepTypeSpec("wait", f"{package}.wait:WaitStep", help="Waits for a time or a condition."),
        StepTypeSpec("map", f"{package}.map_:MapStep", help="Runs a body for each of many items."),
        StepTypeSpec("parallel", f"{package}.parallel:ParallelStep", help="Runs branches side by side."),
        StepTypeSpec("workflow", f"{package}.workflow:WorkflowStep", help="Runs another workflow."),
    ]


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
    return [CalendarSpec("weekdays", "spine.scheduling.calendar:WeekdayCalendar", help="Monday to Friday.")]


@hookimpl
def spine_register_commands() -> list[CommandSpec]:
    """Return them so that a plugin with one of the names is told of the conflict."""
    return [CommandSpec(name, f"spine.cli.commands.{name}:{name}", help=f"spine {name} --help") for name in COMMANDS]
