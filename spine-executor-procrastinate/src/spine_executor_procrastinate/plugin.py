"""Entry point of this distribution: registers its classes by name, without importing them."""

from __future__ import annotations

from spine.plugins import ExecutorSpec, MigrationSpec, hookimpl


@hookimpl
def spine_register_executors() -> list[ExecutorSpec]:
    return [
        ExecutorSpec(
            "procrastinate",
            "spine_executor_procrastinate.executor:ProcrastinateExecutor",
            config="spine_executor_procrastinate.config:ProcrastinateConfig",
            help="Runs in workers on other machines, through Procrastinate on the project's PostgreSQL database.",
        )
    ]


@hookimpl
def spine_register_migrations() -> list[MigrationSpec]:
    return [
        MigrationSpec(
            "procrastinate",
            "spine_executor_procrastinate:migrations",
            head="0001",
            databases=("postgresql",),
            help="The queue of Procrastinate, in the schema spine_procrastinate.",
        )
    ]
