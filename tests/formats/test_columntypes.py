"""Types of text columns: numbers as Europe writes them, and what PostgreSQL's COPY writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from spine.core.errors import InvalidConfigError, ParseError
from spine.core.tables import to_rows
from spine.formats.columntypes import ColumnType
from spine.formats.delimited import DelimitedOptions, read_delimited


def read(cells: list[str], kind: Any) -> list[Any]:
    text = "n;x\n" + "".join(f"{number};{cell}\n" for number, cell in enumerate(cells))
    options = DelimitedOptions(delimiter=";", schema={"x": ColumnType.parse(kind)})
    return [row["x"] for row in to_rows(read_delimited(text.encode(), options, "x.csv").table)]


EUROPE = {"decimal": ",", "thousands": "."}


@pytest.mark.parametrize(
    ("kind", "cells", "values"),
    [
        ("decimal(18,2)", ["1.234,56", "1234,56", "-1.234.567,8", ""], ["1234.56", "1234.56", "-1234567.8", None]),
        ("float64", ["1.234,5", ",5", "2,5e3"], [1234.5, 0.5, 2500.0]),
    ],
)
def test_signs_of_decimals_and_thousands_are_those_of_the_schema(kind, cells, values):
    found = read(cells, {"type": kind, **EUROPE})
    assert found == [Decimal(value) if isinstance(value, str) else value for value in values]
    assert read(["1'234", "7"], {"type": "int64", "thousands": "'"}) == [1234, 7]


@pytest.mark.parametrize("cell", ["1.23,4", "1,234.5", "1..234", "12.3456", "1.234.5"])
def test_groups_that_are_no_thousands_are_bad_cells(cell):
    with pytest.raises(ParseError, match=r"x\.csv, line 2: column 'x' is '.*', which is not a valid float64"):
        read([cell], {"type": "float64", **EUROPE})


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ({"type": "date", "decimal": ","}, "type 'date' takes no decimal sign"),
        ({"type": "int64", "decimal": ","}, "type 'int64' takes no decimal sign"),
        ({"type": "float64", "thousands": "."}, "the decimal sign and the thousands sign are both '.'"),
        ({"type": "float64", "decimal": "12"}, "decimal '12' is not valid: use one sign"),
        ({"type": "float64", "decimal": 1}, "decimal, format, thousands, type are texts"),
    ],
)
def test_signs_that_cannot_be_meant_are_refused(kind, message):
    with pytest.raises(InvalidConfigError, match=message):
        ColumnType.parse(kind)


def test_what_postgresql_copies_out_is_read_with_a_schema():
    assert read(["t", "f", "TRUE", "false", ""], "bool") == [True, False, True, False, None]
    moments = read(["2026-01-01 00:00:00+00", "2026-01-01 05:30:00.25+05:30", "2026-01-01T00:00:00Z"], "timestamptz")
    assert moments == [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 250_000, UTC), moments[0]]
    assert moments[1] == datetime(2026, 1, 1, 5, 30, 0, 250_000, timezone(timedelta(hours=5, minutes=30)))
