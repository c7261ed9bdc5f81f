"""Entry point of this distribution: registers its class by name, without importing it."""

from __future__ import annotations

from spine.plugins import ListenerSpec, hookimpl


@hookimpl
def spine_register_listeners() -> list[ListenerSpec]:
    return [
        ListenerSpec(
            "openlineage",
            "spine_observe_openlineage.listener:OpenLineageListener",
            config="spine_observe_openlineage.config:OpenLineageConfig",
            help="Runs with their input and output datasets as OpenLineage events, over HTTP or in a file.",
        )
    ]
