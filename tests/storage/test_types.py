"""Column types: values round-trip, and sort and compare correctly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import SpineError
from spine.storage.types import AnyText, Json, JsonKey, UtcDateTime

TABLE = Table(
    "kinds",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("moment", UtcDateTime),
    Column("value", Json),
    Column("key", JsonKey),
    Column("text", AnyText),
)


@pytest.fixture
def kinds(empty: DatabaseAdapter) -> DatabaseAdapter:
    with empty.engine.begin() as connection:
        TABLE.metadata.create_all(connection)
    return empty


def stored(adapter: DatabaseAdapter, **values: Any) -> Any:
    """Write one row and return what its only given column holds."""
    with adapter.engine.begin() as connection:
        connection.execute(TABLE.delete())
        connection.execute(insert(TABLE).values(id=1, **values))
        return connection.execute(select(TABLE.c[next(iter(values))])).scalar_one()


def test_a_time_comes_back_in_utc_to_the_microsecond(kinds: DatabaseAdapter) -> None:
    moment = datetime(2025, 12, 15, 6, 30, 0, 1, timezone(timedelta(hours=-5)))
    found = stored(kinds, moment=moment)
    assert found == moment
    assert found.tzinfo is UTC
    assert stored(kinds, moment=None) is None


def test_times_sort_as_times_also_without_a_fraction(kinds: DatabaseAdapter) -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(microseconds=step) for step in (0, 1, 10, 999_999, 1_000_000)]
    with kinds.engine.begin() as connection:
        connection.execute(insert(TABLE), [{"moment": moment} for moment in reversed(moments)])
        assert list(connection.execute(select(TABLE.c.moment).order_by(TABLE.c.moment)).scalars()) == moments
        late = select(TABLE.c.moment).where(TABLE.c.moment > start + timedelta(microseconds=10))
        assert len(connection.execute(late).all()) == 2


def test_a_time_without_a_zone_is_refused(kinds: DatabaseAdapter) -> None:
    with pytest.raises(SpineError) as caught:
        stored(kinds, moment=datetime(2025, 1, 1))
    assert "must be timezone-aware" in str(caught.value.__cause__)


@pytest.mark.parametrize(
    "value",
    [
        {"z": 1, "a": {"y": 2, "b": 3}},
        [1e22, 1.0, 10**30, -0.5, True, None],
        {"text": "007 NA \U0001f600 'quoted' \\ %s ? :x"},
        {"nul": "\0", "lone": "\ud800"},
        [],
        "text",
    ],
)
def test_a_json_value_comes_back_as_it_was_with_its_order_and_its_kinds_of_numbers(
    kinds: DatabaseAdapter, value: Any
) -> None:
    found = stored(kinds, value=value)
    assert repr(found) == repr(value)


def test_no_value_is_null(kinds: DatabaseAdapter) -> None:
    stored(kinds, value=None)
    assert kinds.query_one("SELECT id FROM kinds WHERE value IS NULL") == {"id": 1}


def test_equal_keys_are_found_whatever_their_order(kinds: DatabaseAdapter) -> None:
    stored(kinds, key={"week": "1", "venue": "a"})
    with kinds.reader.connect() as connection:
        for wanted, found in (
            ({"venue": "a", "week": "1"}, [1]),
            ({"week": "1"}, []),
            ({"week": 1, "venue": "a"}, []),
        ):
            query = select(TABLE.c.id).where(TABLE.c.key == wanted)
            assert list(connection.execute(query).scalars()) == found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text() | st.text(st.characters(categories=["Cs"])))
def test_any_text_can_be_kept_and_common_text_is_kept_as_it_is(kinds: DatabaseAdapter, text: str) -> None:
    found = stored(kinds, text=text)
    if text.isprintable():
        assert found == text
    assert "\0" not in found


def test_characters_that_a_database_refuses_are_written_as_escapes(kinds: DatabaseAdapter) -> None:
    assert stored(kinds, text="no file \udce9t\0") == "no file \\udce9t\\x00"
    assert stored(kinds, text=None) is None
