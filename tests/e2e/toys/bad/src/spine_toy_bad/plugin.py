"""Hooks of the toy: none of the provided classes works."""

from __future__ import annotations

from spine.plugins import CalendarSpec, CommandSpec, ExecutorSpec, ListenerSpec, MigrationSpec, hookimpl

_LISTENERS = ("Unmade", "EndsAtOnce", "Raises", "Exits", "Blocks", "Slow", "NoListener")


@hookimpl
def spine_register_commands() -> list[CommandSpec]:
    return [
        CommandSpec("run", "spine_toy_bad.commands:run", help="Has the name of one of core's."),
        CommandSpec("bad-import", "spine_toy_bad.broken_module:command", help="Is in a module that fails."),
        CommandSpec("bad-kind", "spine_toy_bad.commands:no_command", help="Is no click command."),
        CommandSpec("bad-end", "spine_toy_bad.commands:bad_end", help="Raises."),
    ]


@hookimpl
def spine_register_listeners() -> list[ListenerSpec]:
    made = [ListenerSpec(f"bad-{name.lower()}", f"spine_toy_bad.listeners:{name}") for name in _LISTENERS]
    return [*made, ListenerSpec("bad-import", "spine_toy_bad.broken_module:Listener")]


@hookimpl
def spine_register_calendars() -> list[CalendarSpec]:
    return [
        CalendarSpec("bad-days", "spine_toy_bad.calendars:BadDays"),
        CalendarSpec("unmade-days", "spine_toy_bad.calendars:UnmadeDays"),
    ]


@hookimpl
def spine_register_executors() -> list[ExecutorSpec]:
    return [
        ExecutorSpec("bad-queue", "spine_toy_bad.executors:BadQueue"),
        ExecutorSpec("unmade", "spine_toy_bad.executors:Unmade"),
    ]


@hookimpl
def spine_register_migrations() -> list[MigrationSpec]:
    return [
        MigrationSpec("half", "spine_toy_bad:half", head="half1", help="Fails half-way."),
        MigrationSpec("missing", "spine_toy_bad:missing", head="missing1", help="Has no folder."),
        MigrationSpec("headless", "spine_toy_bad:headless", head="later", help="Does not lead to its head."),
    ]
