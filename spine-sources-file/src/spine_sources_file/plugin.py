"""The entry point: says what this distribution provides, without importing it."""

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
