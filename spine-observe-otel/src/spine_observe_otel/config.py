"""Options of the listener."""

from __future__ import annotations

from urllib.parse import urlsplit

from attrs import field, frozen


@frozen
class OtelConfig:
    """Options of `[listeners.NAME]` with `type = "otel"`; all else is in the OTEL_* variables of the environment."""

    endpoint: str | None = field(
        default=None,
        metadata={
            "help": "URL that takes the spans, such as http://localhost:4318/v1/traces; without it, that of the "
            "environment: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT."
        },
    )

    def __attrs_post_init__(self) -> None:
        if self.endpoint is not None and urlsplit(self.endpoint).scheme not in ("http", "https"):
            raise ValueError("endpoint is not an http or https URL: give one such as http://localhost:4318/v1/traces")
