"""Hooks of the toy."""

from __future__ import annotations

from spine.plugins import CalendarSpec, CommandSpec, ExecutorSpec, ListenerSpec, MigrationSpec, hookimpl


@hookimpl
def spine_register_executors() -> list[ExecutorSpec]:
    return [
        ExecutorSpec(
            "toyqueue",
            "spine_toy_good.run_queue:ToyQueue",
            config="spine_toy_good.run_queue:ToyQueueConfig",
            help="Runs in workers that take them from a table.",
        )
    ]


@hookimpl
def spine_register_commands() -> list[CommandSpec]:
    return [CommandSpec("toy-work", "spine_toy_good.worker:toy_work", help="Execute the runs of a queue.")]


@hookimpl
def spine_register_listeners() -> list[ListenerSpec]:
    return [
        ListenerSpec(
            "toylog",
            "spine_toy_good.event_log:ToyLog",
            config="spine_toy_good.event_log:ToyLogConfig",
            help="Appends each event to a file.",
        )
    ]


@hookimpl
def spine_register_calendars() -> list[CalendarSpec]:
    return [
        CalendarSpec(
            "toydays",
            "spine_toy_good.days:ToyDays",
            config="spine_toy_good.days:ToyDaysConfig",
            help="Every day but those that are listed.",
        )
    ]


@hookimpl
def spine_register_migrations() -> list[MigrationSpec]:
    return [
        MigrationSpec(
            "toy",
            "spine_toy_good:migrations",
            head="toy1",
            metadata="spine_toy_good.tables:metadata",
            help="The jobs of the queue.",
        )
    ]
