"""Values, names and checks of errors for the suite of database adapters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from spine.core.errors import SpineError, is_retryable
from spine.db.adapter import DatabaseAdapter

ITEMS = "CREATE TABLE item (id BIGINT PRIMARY KEY, name TEXT)"
HOSTILE_NAMES = ('a"; DROP TABLE item; --', "it's", "select", "two words", "?", "%s", ":name", "Größe")
WORDS = ("at", "default", "end", "from", "group", "index", "key", "order", "row", "table", "to", "user", "when")
ROUND_TRIPS = {
    "null": ("TEXT", None),
    "empty text": ("TEXT", ""),
    "digits in a text": ("TEXT", "007"),
    "unicode": ("TEXT", "Zürich 東京 🧵 e\u0301"),
    "quotes and line breaks": ("TEXT", ' it\'s\n"?"\t%s \\N'),
    "long text": ("TEXT", "ab" * 500_000),
    "largest integer": ("BIGINT", 2**63 - 1),
    "smallest integer": ("BIGINT", -(2**63)),
    "float": ("DOUBLE PRECISION", 0.1),
    "small float": ("DOUBLE PRECISION", -2.5e-300),
    "true": ("BOOLEAN", True),
    "false": ("BOOLEAN", False),
}
TAKEN = {
    "date": ("DATE", date(2026, 2, 28)),
    "datetime": ("TIMESTAMP", datetime(2026, 2, 28, 12, 30, 0, 250_000)),
    "decimal": ("NUMERIC(12, 3)", Decimal("1234.125")),
}
PARAMETER = "sesame-4711"


def error_of(adapter: DatabaseAdapter, statement: str, params: Sequence[Any] = ()) -> Exception:
    """Return the error of a statement that must fail."""
    try:
        adapter.execute(statement, params)
    except Exception as error:  # noqa: BLE001  # the caller checks it
        return error
    pytest.fail(f"the database must refuse this statement, but executed it: {statement}")


def check_driver_error(error: Exception, kind: type[SpineError]) -> None:
    """Fail unless `diagnose` turned an error of the driver into that kind of Spine error."""
    assert isinstance(error, kind), f"{type(error).__name__}: diagnose() must turn it into a {kind.__name__}: {error}"
    assert not is_retryable(error), f"it would fail again: diagnose() must not make it retryable: {error}"
    assert error.__cause__ is not None, "keep the driver's error as __cause__: raise it `from` that"
