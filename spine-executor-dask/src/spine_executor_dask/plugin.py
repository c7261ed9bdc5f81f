"""Entry point of this distribution: registers its class by name, without importing it."""

from __future__ import annotations

from spine.plugins import ExecutorSpec, hookimpl


@hookimpl
def spine_register_executors() -> list[ExecutorSpec]:
    return [
        ExecutorSpec(
            "dask",
            "spine_executor_dask.executor:DaskExecutor",
            config="spine_executor_dask.config:DaskConfig",
            help="Items of maps and pipeline steps on a Dask cluster, on the loopback or behind mutual TLS.",
        )
    ]
