"""Check of events against the OpenLineage specification."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

SCHEMA = json.loads(Path(__file__).with_name("specification.json").read_text())
_FORMATS = FormatChecker(formats=["uuid"])


@_FORMATS.checks("date-time", ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@_FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme and urlsplit(value).netloc)


def check_event(event: dict[str, Any]) -> None:
    """Fail unless the event, and each of its facets, is as the specification says."""
    Draft202012Validator.check_schema(SCHEMA)
    _validate(event, "RunEvent")
    for name, facet in _facets(event):
        kind = facet["_schemaURL"].rpartition("/")[2]
        assert facet["_schemaURL"].startswith("https://openlineage.io/spec/")
        assert SCHEMA["keys"].get(name, kind) == kind, name
        assert name in SCHEMA["keys"] or name.startswith("spine_"), name
        _validate(facet, kind)


def _validate(value: dict[str, Any], kind: str) -> None:
    Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{kind}"}, format_checker=_FORMATS).validate(value)


def _facets(event: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from event["run"]["facets"].items()
    yield from event["job"]["facets"].items()
    for dataset in (*event["inputs"], *event["outputs"]):
        for kind in ("facets", "inputFacets", "outputFacets"):
            yield from dataset.get(kind, {}).items()
