"""Names of datasets, as the specification wants them, and their figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import make_url

from spine.core.adapters.database import get_adapter
from spine.db.named import database_registry
from spine.framework.captures.revision import Capture
from spine.framework.captures.store import capture_store
from spine.framework.lineage import Direction, Edge, EdgeKind, lineage_store
from spine.framework.sources import SourceType
from spine.framework.sources.fetches import FetchRecord, FetchStatus, fetch_store
from spine_observe_openlineage.datasets import datasets_of, table_place

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def record(direction: Direction, kind: EdgeKind, *references: str, run_id: str = "r1") -> None:
    lineage_store().commit([Edge(run_id, "a", 1, direction, kind, reference) for reference in references])


def fetched(locator: str | None, rows: int | None = 3) -> str:
    fetch = FetchRecord(
        "feed", SourceType.HTTP, locator, FetchStatus.SUCCESS, NOW, NOW, 7, record_count=rows, byte_count=rows
    )
    fetch_store().record(fetch)
    return fetch.id


def captured(name: str, day: str, rows: int) -> str:
    schema = [["symbol", "string"], ["day", "date32[day]"]]
    [kept] = capture_store().commit([Capture(name, {"day": day}, 1, f"{day:0>64}", schema, rows, 100, "x.parquet")])
    return kept.capture_id


@pytest.mark.parametrize(
    ("locator", "place"),
    [
        ("https://api.example:8443/v1/prices?key=***&page=1", ("https://api.example:8443", "/v1/prices")),
        ("https://user:word@api.example", ("https://api.example", "/")),
        ("s3://bucket/in/prices.parquet", ("s3://bucket", "/in/prices.parquet")),
        ("sftp://files.example:22/~/out/a.csv", ("sftp://files.example:22", "/~/out/a.csv")),
        ("/data/in.csv", ("file", "/data/in.csv")),
        ("/data/a.csv, /data/b.csv", ("spine://shop", "source.feed")),
        ("SELECT 1", ("spine://shop", "source.feed")),
        ("http://[broken", ("spine://shop", "source.feed")),
        (None, ("spine://shop", "source.feed")),
    ],
)
def test_what_a_source_read_is_named_by_its_place(locator: str | None, place: tuple[str, str]) -> None:
    record(Direction.READ, EdgeKind.FETCH, fetched(locator))
    [dataset] = datasets_of("r1", "shop").inputs
    assert (dataset["namespace"], dataset["name"]) == place


def test_several_fetches_of_a_place_are_one_dataset_with_their_sum() -> None:
    record(Direction.READ, EdgeKind.FETCH, *[fetched("https://a.example/x?page=1", rows) for rows in (3, 4, None)])
    [dataset] = datasets_of("r1", "shop").inputs
    assert dataset["inputFacets"]["inputStatistics"]["rowCount"] == 7


def test_partitions_of_a_capture_are_one_dataset_with_their_sum_and_revisions() -> None:
    made = [captured("prices", day, rows) for day, rows in (("5", 3), ("6", 4))]
    record(Direction.WRITE, EdgeKind.CAPTURE, *made)
    record(Direction.READ, EdgeKind.CAPTURE, *made)  # by a later step of the same run
    found = datasets_of("r1", "shop")
    [dataset] = found.outputs
    assert found.inputs == []
    assert dataset["outputFacets"]["outputStatistics"]["rowCount"] == 7
    assert [each["captureId"] for each in dataset["facets"]["spine_captures"]["captures"]] == made
    assert "version" not in dataset["facets"]
    assert dataset["facets"]["schema"]["fields"][1] == {"name": "day", "type": "date32[day]"}


def test_a_capture_by_its_revision_is_an_input_with_its_version() -> None:
    made = captured("prices", "5", 3)
    record(Direction.WRITE, EdgeKind.CAPTURE, made, run_id="r0")
    record(Direction.READ, EdgeKind.REVISION, made)
    [dataset] = datasets_of("r1", "shop").inputs
    assert (dataset["name"], dataset["facets"]["version"]["datasetVersion"]) == ("prices", made)


def test_a_table_of_a_database_that_the_project_has_no_longer_is_named_as_in_the_history() -> None:
    record(Direction.WRITE, EdgeKind.TABLE, "gone.public.prices")
    [dataset] = datasets_of("r1", "shop").outputs
    assert (dataset["namespace"], dataset["name"]) == ("spine://shop", "gone.public.prices")


@pytest.mark.parametrize(
    ("url", "table", "place"),
    [
        ("postgresql://u:w@db.example/shop", "prices", ("postgres://db.example:5432", "shop.public.prices")),
        ("postgresql://db.example:6432/shop", "market.prices", ("postgres://db.example:6432", "shop.market.prices")),
        ("postgresql:///shop", "prices", ("postgres://localhost:5432", "shop.public.prices")),
        ("duckdb:////data/side.db", "prices", ("duckdb:///data/side.db", "prices")),
        ("warehouse://host/shop", "prices", ("warehouse://host", "shop.prices")),
    ],
)
def test_a_table_on_a_server_is_named_by_its_server_database_and_schema(
    url: str, table: str, place: tuple[str, str]
) -> None:
    assert table_place(url.partition(":")[0], make_url(url), table) == place


def test_a_table_of_a_database_on_a_server_is_a_dataset(new_postgres_database: Callable[[], str]) -> None:
    url = new_postgres_database()
    with get_adapter(url) as adapter:
        database_registry.register("warehouse", lambda: adapter)
        record(Direction.WRITE, EdgeKind.TABLE, "warehouse.prices")
        [dataset] = datasets_of("r1", "shop").outputs
    assert dataset["namespace"].startswith("postgres://")
    assert dataset["name"] == f"{urlsplit(url).path.strip('/')}.public.prices"


def test_a_table_in_a_file_is_named_by_the_file(tmp_path: Path) -> None:
    path: Any = tmp_path / "side.db"
    with get_adapter(f"sqlite:///{path}") as adapter:
        database_registry.register("side", lambda: adapter)
        record(Direction.WRITE, EdgeKind.TABLE, "side.prices")
        [dataset] = datasets_of("r1", "shop").outputs
    assert (dataset["namespace"], dataset["name"]) == (f"sqlite://{path}", "prices")
