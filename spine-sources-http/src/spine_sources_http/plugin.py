"""Entry point of this distribution: registers its classes by name, without importing them."""

from __future__ import annotations

from spine.plugins import SourceSpec, hookimpl


@hookimpl
def spine_register_sources() -> list[SourceSpec]:
    return [
        SourceSpec(
            "http",
            "spine_sources_http.source:HttpSource",
            config="spine_sources_http.config:HttpSourceConfig",
            help="HTTP APIs: JSON, JSON Lines, CSV, PSV, TSV, Parquet and bytes, page by page.",
        ),
    ]
