"""Datasets that a run has read and written, from the lineage in the history: also of steps that another process ran."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field, frozen

from spine.core.adapters.database import get_database
from spine.core.errors import SpineError
from spine.core.names import plain
from spine.framework.captures.revision import Capture
from spine.framework.captures.store import capture_store
from spine.framework.lineage import Direction, Edge, EdgeKind, lineage_store
from spine.framework.sources.fetches import FetchRecord, fetch_store
from spine_observe_openlineage.facets import Json, facet

_MOST_REVISIONS = 100  # named in one dataset
_PORTS = {"postgresql": 5432, "mysql": 3306}
_SCHEMES = {"postgresql": "postgres"}  # as the specification names them, where that differs


@define
class _Dataset:
    """Dataset with the captures, or the fetches, that a run read or wrote of it."""

    namespace: str
    name: str
    captures: list[Capture] = field(factory=list)
    fetches: list[FetchRecord] = field(factory=list)

    @property
    def rows(self) -> int | None:
        return _sum([*(each.row_count for each in self.captures), *(each.record_count for each in self.fetches)])

    @property
    def size(self) -> int | None:
        return _sum([*(each.byte_count for each in self.captures), *(each.byte_count for each in self.fetches)])

    def to_json(self, statistics: Callable[[_Dataset], Json]) -> Json:
        facets: Json = {}
        if self.captures:
            newest = self.captures[-1]
            columns = [{"name": str(name), "type": str(kind)} for name, kind in newest.schema]
            facets["schema"] = facet("SchemaDatasetFacet", fields=columns)
            facets["spine_captures"] = facet(
                "DatasetFacet", captures=[*map(_revision, self.captures)][-_MOST_REVISIONS:]
            )
            if len(self.captures) == 1:
                facets["version"] = facet("DatasetVersionDatasetFacet", datasetVersion=newest.capture_id)
        return {"namespace": self.namespace, "name": self.name, "facets": facets, **statistics(self)}


@frozen
class Datasets:
    """Inputs and outputs of a run, as an event has them."""

    inputs: Sequence[Json] = ()
    outputs: Sequence[Json] = ()


def datasets_of(run_id: str, namespace: str) -> Datasets:
    """Return what the committed steps of a run have read and written; a capture that it made itself is no input."""
    edges = lineage_store().edges_of_run(run_id)
    written = {edge.reference for edge in edges if edge.direction is Direction.WRITE}
    read = [edge for edge in edges if edge.direction is Direction.READ and edge.reference not in written]
    made = [edge for edge in edges if edge.direction is Direction.WRITE]
    return Datasets(
        [each.to_json(_input_statistics) for each in _collect(read, namespace)],
        [each.to_json(_output_statistics) for each in _collect(made, namespace)],
    )


def _collect(edges: Iterable[Edge], namespace: str) -> list[_Dataset]:
    found: dict[tuple[str, str], _Dataset] = {}

    def dataset(place: tuple[str, str]) -> _Dataset:
        return found.setdefault(place, _Dataset(*place))

    references: dict[EdgeKind, dict[str, None]] = {}
    for edge in edges:
        references.setdefault(edge.kind, {})[edge.reference] = None
    captures = {**references.get(EdgeKind.CAPTURE, {}), **references.get(EdgeKind.REVISION, {})}
    for capture in capture_store().with_ids(list(captures)):
        dataset((f"spine://{namespace}", capture.name)).captures.append(capture)
    for fetch in fetch_store().with_ids(list(references.get(EdgeKind.FETCH, {}))):
        dataset(_place_of(fetch, namespace)).fetches.append(fetch)
    for reference in references.get(EdgeKind.TABLE, {}):
        dataset(_table(reference, namespace))
    return list(found.values())


def _place_of(fetch: FetchRecord, namespace: str) -> tuple[str, str]:
    """Return namespace and name of what a source read: its file or URL without the query, or else the source."""
    locator = fetch.source_locator or ""
    if ", " not in locator:  # several files
        if locator.startswith("/"):
            return "file", locator
        parts = _split(locator)
        if parts is not None:
            return parts
    return f"spine://{namespace}", f"source.{fetch.source_name}"


def _split(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
    except ValueError:  # such as a host in broken brackets
        return None
    host = parts.netloc.rpartition("@")[2]
    return (f"{parts.scheme}://{host}", parts.path or "/") if parts.scheme and host else None


def _table(reference: str, namespace: str) -> tuple[str, str]:
    """Return namespace and name of a table of a named database."""
    database, _, table = reference.partition(".")
    try:
        adapter = get_database(database)
        return table_place(plain(adapter.db_type), adapter.engine_arguments()[0], table)
    except SpineError:  # the project has no such database any more
        return f"spine://{namespace}", reference


def table_place(kind: str, url: Any, table: str) -> tuple[str, str]:
    """Return namespace and name of a table as the specification names those of a server; that of a file by the file."""
    if kind not in _PORTS and not url.host:
        return f"{kind}://{url.database or ''}", table
    host = "localhost" if not url.host or url.host.startswith("/") else url.host  # a socket of this machine
    port = url.port or _PORTS.get(kind)
    schema = "public." if kind == "postgresql" and "." not in table else ""
    return f"{_SCHEMES.get(kind, kind)}://{host}" + (f":{port}" if port else ""), f"{url.database}.{schema}{table}"


def _revision(capture: Capture) -> Mapping[str, Any]:
    return {
        "captureId": capture.capture_id,
        "partition": dict(capture.partition),
        "revision": capture.revision,
        "contentHash": capture.content_hash,
        "rowCount": capture.row_count,
    }


def _input_statistics(dataset: _Dataset) -> Json:
    if dataset.rows is None and dataset.size is None:
        return {"inputFacets": {}}
    figures = facet("InputStatisticsInputDatasetFacet", rowCount=dataset.rows, size=dataset.size)
    return {"inputFacets": {"inputStatistics": figures}}


def _output_statistics(dataset: _Dataset) -> Json:
    if dataset.rows is None:
        return {"outputFacets": {}}
    figures = facet("OutputStatisticsOutputDatasetFacet", rowCount=dataset.rows, size=dataset.size)
    return {"outputFacets": {"outputStatistics": figures}}


def _sum(figures: Sequence[int | None]) -> int | None:
    known = [figure for figure in figures if figure is not None]
    return sum(known) if known else None
