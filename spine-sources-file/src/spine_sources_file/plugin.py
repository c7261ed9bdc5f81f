"""Entry point of this distribution: registers its classes by name, without importing them."""

from __future__ import annotations

from spine.plugins import SourceSpec, hookimpl


@hookimpl
def spine_register_sources() -> list[SourceSpec]:
    return [
        SourceSpec(
            "file",
            "spine_sources_file.source:FileSource",
            config="spine_sources_file.config:FileSourceConfig",
            help="Files: CSV, PSV, TSV, JSON, JSON Lines, Parquet and Arrow IPC, compressed or not.",
        ),
    ]
