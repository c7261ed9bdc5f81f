"""Facets of the OpenLineage specification, each with the version of its schema that it follows."""

from __future__ import annotations

from typing import Any

SPECIFICATION = "https://openlineage.io/spec"
PRODUCER = "https://spine.example/spine-observe-openlineage"
SCHEMA_URL = f"{SPECIFICATION}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_VERSIONS = {
    "DatasetVersionDatasetFacet": "1-0-1",
    "ErrorMessageRunFacet": "1-0-1",
    "InputStatisticsInputDatasetFacet": "1-0-0",
    "JobTypeJobFacet": "2-0-3",
    "OutputStatisticsOutputDatasetFacet": "1-0-2",
    "ParentRunFacet": "1-0-1",
    "ProcessingEngineRunFacet": "1-1-1",
    "SchemaDatasetFacet": "1-1-1",
}
_BASES = {"RunFacet", "DatasetFacet"}  # of Spine's own facets

Json = dict[str, Any]


def facet(kind: str, **values: Any) -> Json:
    """Return a facet of a kind of the specification, or of Spine's own on one of its bases; without values of None."""
    place = f"2-0-2/OpenLineage.json#/$defs/{kind}"
    if kind not in _BASES:
        place = f"facets/{_VERSIONS[kind]}/{kind}.json#/$defs/{kind}"
    given = {name: value for name, value in values.items() if value is not None}
    return {"_producer": PRODUCER, "_schemaURL": f"{SPECIFICATION}/{place}", **given}
