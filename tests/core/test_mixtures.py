"""Mixtures of values that Arrow would join by dropping a part of some."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from spine.core.errors import ValidationError
from spine.core.tables import as_table, to_rows

DAY, NOON = date(2024, 1, 1), datetime(2024, 1, 1, 12)
EAST = timezone(timedelta(hours=5))

LOSING = {
    "dates and datetimes": [DAY, NOON],
    "datetimes with and without a zone": [NOON, NOON.replace(tzinfo=EAST)],
    "times with an offset": [time(10, tzinfo=EAST)],
    "text and bytes": ["b", b"a"],
}


@pytest.mark.parametrize("wrapped", [lambda value: value, lambda value: [value], lambda value: {"k": {"m": value}}])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("mixture", LOSING)
def test_a_mixture_that_would_lose_something_is_refused_in_any_order_and_depth(mixture, turned, wrapped):
    values = [wrapped(value) for value in (LOSING[mixture][::-1] if turned else LOSING[mixture])]
    with pytest.raises(ValidationError, match=f"^column 'x' holds {mixture}, of which Arrow would drop a part"):
        as_table([{"x": value} for value in values])


@pytest.mark.parametrize(
    "values",
    [
        [NOON.replace(tzinfo=UTC), NOON.replace(tzinfo=EAST), None],
        [DAY, None, date(2025, 1, 1)],
        [1, 2.5, None],
        [{"k": 1}, {"m": [NOON]}],
    ],
)
def test_what_loses_nothing_is_kept(values):
    rows = [row["x"] for row in to_rows(as_table([{"x": value} for value in values]))]
    for row, value in zip(rows, values, strict=True):
        assert row == (value if not isinstance(value, dict) else {"k": None, "m": None} | value)


@pytest.mark.parametrize("first", [UTC, EAST])
@pytest.mark.parametrize("wrapped", [lambda value: value, lambda value: [{"at": value}]])
def test_times_keep_their_zones_beside_a_library_that_has_pyarrow_ignore_them(first, wrapped, monkeypatch):
    monkeypatch.setenv("PYARROW_IGNORE_TIMEZONE", "1")  # as `import pandera` does
    values = [wrapped(NOON.replace(tzinfo=zone)) for zone in (first, EAST, UTC)]
    assert [row["x"] for row in to_rows(as_table([{"x": value} for value in values]))] == values
    assert os.environ["PYARROW_IGNORE_TIMEZONE"] == "1"
