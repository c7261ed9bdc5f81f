"""The JSON Schema of a project's `spine.toml`."""

from __future__ import annotations

from typing import Any

from attrs import fields

from spine.config.schema import settings_schema
from spine.plugins.catalog import Catalog
from spine.scheduling.declare import KEYS
from spine.scheduling.schedule import Schedule


def project_schema(catalog: Catalog) -> dict[str, Any]:
    """Return the schema of `spine.toml` for the plugins of `catalog`."""
    calculated = {field.name for field in fields(Schedule)} - set(KEYS)
    return settings_schema(catalog, Schedule, calculated)
