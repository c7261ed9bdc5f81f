"""Entry point of this distribution: registers its class by name, without importing it."""

from __future__ import annotations

from spine.plugins import ListenerSpec, hookimpl


@hookimpl
def spine_register_listeners() -> list[ListenerSpec]:
    return [
        ListenerSpec(
            "otel",
            "spine_observe_otel.listener:OtelListener",
            config="spine_observe_otel.config:OtelConfig",
            help="Runs, steps, batches of items and fetches as OpenTelemetry spans, sent by OTLP over HTTP.",
        )
    ]
