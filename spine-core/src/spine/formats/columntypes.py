"""Types for columns of text, and their written forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from attrs import field, frozen
from attrs.validators import optional

from spine.core.errors import InvalidConfigError
from spine.core.suggest import did_you_mean
from spine.core.tables import require_arrow

_DATE = r"\d{4}-\d\d-\d\d"
_TIME = r"[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?"

PATTERNS = {
    "string": None,
    "int64": r"[+-]?\d+",
    "float64": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?",
    "decimal": r"[+-]?(\d+\.?\d*|\.\d+)",
    "bool": r"(?i:true|false|t|f)",
    "date": _DATE,
    "timestamp": _DATE + _TIME,
    "timestamptz": _DATE + _TIME + r"(Z|[+-]\d\d(:?\d\d)?)",
}
_KEYS = {"type", "format", "decimal", "thousands"}
_DECIMAL = re.compile(r"decimal\( ?(\d+) ?, ?(\d+) ?\)")
_DATED = ("date", "timestamp", "timestamptz")
_FRACTIONS = ("float64", "decimal")
_NUMBERS = ("int64", *_FRACTIONS)


def _known(instance: ColumnType, attribute: object, value: str) -> None:
    if value == "decimal":
        valid = (
            instance.digits is not None and 1 <= instance.digits[0] <= 76 and instance.digits[1] <= instance.digits[0]
        )
        if not valid:
            raise InvalidConfigError(
                "schema", value, "type 'decimal' needs its digits: decimal(18,4), at most 76 of them"
            )
    elif value not in PATTERNS:
        raise InvalidConfigError("schema", value, f"type {value!r} is not known{did_you_mean(value, PATTERNS)}")


def _sign(instance: ColumnType, attribute: object, value: str) -> None:
    if len(value) != 1 or value.isalnum() or value in "+-":
        name = getattr(attribute, "name", "")
        raise InvalidConfigError("schema", value, f"{name} {value!r} is not valid: use one sign, such as , or .")


@frozen
class ColumnType:
    """One type: a key of PATTERNS. `digits` are those of a decimal: precision and scale.

    `format` is that of dates and times, in the codes of Python's strptime; without it they are ISO 8601. `decimal` is
    the sign before the fraction of a number, `thousands` the sign between groups of three digits.
    """

    name: str = field(validator=_known)
    format: str | None = None
    digits: tuple[int, int] | None = field(default=None, kw_only=True)
    decimal: str = field(default=".", kw_only=True, validator=_sign)
    thousands: str | None = field(default=None, kw_only=True, validator=optional(_sign))

    def __attrs_post_init__(self) -> None:
        takes = {"decimal": _FRACTIONS, "thousands": _NUMBERS}
        for option, given in (("decimal", self.decimal != "."), ("thousands", self.thousands is not None)):
            if given and self.name not in takes[option]:
                raise InvalidConfigError("schema", option, f"type {self.name!r} takes no {option} sign: leave it out")
        if self.thousands == self.decimal and self.name in _FRACTIONS:
            message = f"the decimal sign and the thousands sign are both {self.decimal!r}: give two different ones"
            raise InvalidConfigError("schema", self.decimal, message)
        if self.format is not None and self.name not in _DATED:
            raise InvalidConfigError("schema", self.format, f"type {self.name!r} takes no format: leave it out")

    @classmethod
    def parse(cls, value: Any) -> ColumnType:
        """Return the type named by a text (`"int64"`, `"decimal(18,4)"`) or by a table of `type` and `format`."""
        table = {"type": value} if isinstance(value, str) else value
        if isinstance(value, ColumnType):
            return value
        if not isinstance(table, Mapping) or not table.keys() <= _KEYS or "type" not in table:
            raise InvalidConfigError(
                "schema", value, f'{value!r} is not a type: give "date" or {{ type = "date", format = "%d.%m.%Y" }}'
            )
        if not all(isinstance(text, str) for text in table.values()):
            raise InvalidConfigError("schema", value, f"{value!r} is not a type: {', '.join(sorted(_KEYS))} are texts")
        name: str = table["type"]
        options: dict[str, Any] = {str(key): text for key, text in table.items() if key != "type"}
        if found := _DECIMAL.fullmatch(name):
            options |= {"digits": (int(found[1]), int(found[2]))}
            name = "decimal"
        return cls(name, **options)

    def __str__(self) -> str:
        return self.name if self.digits is None else f"{self.name}({self.digits[0]},{self.digits[1]})"

    @property
    def pattern(self) -> str | None:
        """A regular expression for a whole cell, None where every text is valid."""
        found = PATTERNS[self.name]
        if found is None or self.format is not None:
            return None
        return rf"\A(?:{found if self.is_plain else self._number})\z"

    @property
    def is_plain(self) -> bool:
        """True for numbers with a point and without signs between their digits."""
        return self.decimal == "." and self.thousands is None

    @property
    def _number(self) -> str:
        whole = r"\d+" if self.thousands is None else rf"(\d{{1,3}}({re.escape(self.thousands)}\d{{3}})+|\d+)"
        point = re.escape(self.decimal)
        exponent = r"([eE][+-]?\d+)?" if self.name == "float64" else ""
        fraction = "" if self.name == "int64" else rf"({point}\d*)?"
        bare = "" if self.name == "int64" else rf"|{point}\d+"
        return rf"[+-]?({whole}{fraction}{bare}){exponent}"

    @property
    def arrow(self) -> Any:
        """The Arrow type of the column."""
        pa = require_arrow("A column type")
        if self.digits is not None:
            wide = pa.decimal128 if self.digits[0] <= 38 else pa.decimal256
            return wide(*self.digits)
        return {
            "string": pa.string(),
            "int64": pa.int64(),
            "float64": pa.float64(),
            "bool": pa.bool_(),
            "date": pa.date32(),
            "timestamp": pa.timestamp("us"),
            "timestamptz": pa.timestamp("us", "UTC"),
        }[self.name]

    def strptime(self, text: str) -> date | datetime:
        """Return the date or time that `text` is in this type's format; a ValueError if it is none."""
        assert self.format is not None
        found = datetime.strptime(text, self.format)
        if self.name == "date":
            return found.date()
        if (found.tzinfo is not None) != (self.name == "timestamptz"):
            raise ValueError("the format of a timestamptz holds %z, that of a timestamp does not")
        return found
