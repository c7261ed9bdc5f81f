"""Random loads, compared with a model: the counts and the rows of `merge` and `scd2`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from spine.core.adapters.database import DatabaseAdapter
from spine.db.loads.order import Loaded
from tests.db.loads.conftest import Load

VALUES: dict[str, tuple[pa.DataType, list[Any]]] = {
    "whole": (pa.int64(), [0, 1, -1, 2**53 + 1, 2**62, -(2**63)]),
    "ratio": (pa.float64(), [0.0, -0.0, 0.1, 1e300, 5e-324, float("inf")]),
    "text": (pa.string(), ["", "NULL", "\\N", "a,b", 'q"uote', "line\nbreak", "\r", "Größe", "007", " x "]),
    "flag": (pa.bool_(), [True, False]),
    "day": (pa.date32(), [date(2026, 1, 1), date(2026, 1, 2)]),
    "at": (
        pa.timestamp("us", "UTC"),
        [datetime(2026, 1, 1, 2, 0, 0, micros, tzinfo=UTC) for micros in (0, 1, 500_000)],
    ),
    "price": (
        pa.decimal128(38, 6),
        [Decimal(text) for text in ("1.10", "1.1", "-0.00", "0", "123456789012345678.12345")],
    ),
    "raw": (pa.binary(), [b"", b"\x00", b"\\x"]),
}
Row = dict[str, Any]


def random_rows(chance: Random, known: dict[str, Row]) -> list[Row]:
    """Return rows with different keys, about half of the known ones as they were."""
    rows = []
    for key in chance.sample("ABCDEFGH", chance.randint(0, 8)):
        row = {name: chance.choice([None, *values]) for name, (_, values) in VALUES.items()}
        rows.append(known[key] if key in known and chance.random() < 0.5 else {"key": key, **row})
    return rows


def as_table(rows: list[Row]) -> pa.Table:
    types = {"key": pa.string(), **{name: kind for name, (kind, _) in VALUES.items()}}
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()})


def expected(rows: list[Row], known: dict[str, Row], ended: int = 0) -> Loaded:
    found = [row["key"] in known and known[row["key"]] == row for row in rows]  # 1.10 equals 1.1, and 0.0 equals -0.0
    new = sum(row["key"] not in known for row in rows)
    return Loaded(new, len(rows) - new - sum(found), ended, sum(found))


@pytest.mark.parametrize("seed", range(6))
def test_merge(load: Load, rows: Callable[..., list[Any]], seed: int) -> None:
    chance, known = Random(seed), dict[str, Row]()
    for _ in range(6):
        given = random_rows(chance, known)
        assert load(as_table(given), mode="merge", key=["key"]) == expected(given, known)
        known |= {row["key"]: row for row in given}
    assert rows('"key"') == [(key,) for key in sorted(known)]


@pytest.mark.parametrize("seed", range(6))
def test_scd2(database: DatabaseAdapter, load: Load, rows: Callable[..., list[Any]], seed: int) -> None:
    chance, current, at = Random(seed), dict[str, Row](), datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(6):
        given, at = random_rows(chance, current), at + timedelta(days=1)
        new = {row["key"]: row for row in given}
        done = load(as_table(given), mode="scd2", key=["key"], valid_from=at)
        assert done == expected(given, current, len(current.keys() - new.keys()))
        current = new
    assert rows('"key"', "prices WHERE valid_to IS NULL") == [(key,) for key in sorted(current)]
    assert database.query("SELECT 1 FROM prices WHERE valid_to <= valid_from") == []
