"""Contracts of captures, as `spine.toml` and code declare them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import field, frozen
from attrs.validators import ge, optional

from spine.config.setting import setting
from spine.core.duration import Days
from spine.core.errors import InvalidConfigError

if TYPE_CHECKING:
    from spine.formats.columntypes import ColumnType

E = TypeVar("E", bound=Enum)


class Severity(str, Enum):
    """Consequence of a check that does not pass: a note, a failed step, or rows that are set aside."""

    WARN = "warn"
    FAIL = "fail"
    QUARANTINE = "quarantine"


class Drift(str, Enum):
    """Treatment of columns that a contract does not name: kept, an error, dropped, or rows with them set aside."""

    EVOLVE = "evolve"
    FREEZE = "freeze"
    DISCARD = "discard"
    QUARANTINE = "quarantine"


class CheckKind(str, Enum):
    """Kind of check: what it compares in the data."""

    NOT_NULL = "not_null"
    UNIQUE = "unique"
    IN_RANGE = "in_range"
    MATCHES = "matches"
    ONE_OF = "one_of"
    ROW_COUNT = "row_count"
    FRESHNESS = "freshness"
    REFERENCES = "references"
    FUNCTION = "function"

    @property
    def is_about_rows(self) -> bool:
        """True if single rows do not pass, and can be set aside."""
        return self not in (CheckKind.ROW_COUNT, CheckKind.FRESHNESS)


_NEEDED: dict[CheckKind, tuple[str, ...]] = {
    CheckKind.NOT_NULL: ("columns",),
    CheckKind.UNIQUE: ("columns",),
    CheckKind.IN_RANGE: ("columns",),
    CheckKind.MATCHES: ("columns", "pattern"),
    CheckKind.ONE_OF: ("columns", "values"),
    CheckKind.ROW_COUNT: (),
    CheckKind.FRESHNESS: ("max_age_days",),
    CheckKind.REFERENCES: ("columns", "capture"),
    CheckKind.FUNCTION: ("function",),
}
_ONE_OF_THESE = {
    CheckKind.IN_RANGE: ("min", "max"),
    CheckKind.ROW_COUNT: ("min", "max", "max_change_percent"),
}
_ALSO = {CheckKind.FRESHNESS: ("columns",), CheckKind.REFERENCES: ("to",)}
_BOUNDS = (int, float, Decimal, str, date, time)


def _member(name: str, cls: type[E], given: Any) -> E:
    try:
        return cls(given)
    except ValueError:
        allowed = ", ".join(str(each.value) for each in cls)
        raise InvalidConfigError(name, given, f"{name} must be one of {allowed}, not {given!r:.80}") from None


def _kind(given: Any) -> CheckKind:
    return _member("check", CheckKind, given)


def _severity(given: Any) -> Severity:
    return _member("severity", Severity, given)


def _drift(given: Any) -> Drift:
    return _member("drift", Drift, given)


def _names(given: Any) -> tuple[str, ...]:
    listed = (given,) if isinstance(given, str) else tuple(given or ())
    for name in listed:
        if not isinstance(name, str):
            raise InvalidConfigError("columns", name, f"{name!r:.80} is not the name of a column: use a text")
    return listed


def _bound(check: Check, attribute: Any, given: Any) -> None:
    if given is not None and (isinstance(given, bool) or not isinstance(given, _BOUNDS)):
        raise InvalidConfigError(attribute.name, given, f"{attribute.name} must be a number, a text, a date or a time")
    if isinstance(given, (float, Decimal)) and not math.isfinite(given):
        raise InvalidConfigError(attribute.name, given, f"{attribute.name} must be a finite number, not {given}")


def _callable(check: Check, attribute: Any, given: Any) -> None:
    if isinstance(given, str):
        module, _, name = given.partition(":")
        parts = [*module.split("."), *name.split(".")]
        if not all(part.isidentifier() for part in parts):
            raise InvalidConfigError("function", given, f'function {given!r:.80} is not valid: write "module:function"')
    elif given is not None and not callable(given) and not callable(getattr(given, "validate", None)):
        raise InvalidConfigError("function", given, 'function must be a text such as "module:function"')


@frozen
class Check:
    """A check of a contract; `check` says which, and which of the other options it takes."""

    check: CheckKind = field(converter=_kind, metadata={"help": "Kind of check."})
    columns: list[str] | str = setting("Columns that are checked.", (), converter=_names)
    severity: Severity = field(
        default=Severity.FAIL, converter=_severity, metadata={"help": "Consequence if the check does not pass."}
    )
    min: Any = setting("For in_range and row_count: the least value.", None, _bound)
    max: Any = setting("For in_range and row_count: the greatest value.", None, _bound)
    max_change_percent: float | None = setting(
        "For row_count: the greatest difference to the last revision, in percent.", None, optional(ge(0))
    )
    pattern: str | None = setting("For matches: the regular expression (RE2) of a whole value.", None)
    values: list[Any] | None = setting("For one_of: the values that are allowed.", None)
    max_age_days: Days | None = setting(
        "For freshness: the greatest age of the business date, or of the newest value of a column.",
        None,
        optional(ge(0)),
    )
    capture: str | None = setting("For references: the capture that has the values.", None)
    to: list[str] | str = setting("For references: its columns, if they have other names.", (), converter=_names)
    function: Any = setting('For function: `"module:function"`, called with the Arrow table.', None, _callable)

    def __attrs_post_init__(self) -> None:
        kind = self.check
        needed, choice = _NEEDED[kind], _ONE_OF_THESE.get(kind, ())
        given = [name for name in _OPTIONS if getattr(self, name) not in (None, ())]
        for name in given:
            if name not in (*needed, *choice, *_ALSO.get(kind, ())):
                raise InvalidConfigError(name, None, f"check {kind.value} takes no {name}: leave it out")
        for name in needed:
            if name not in given:
                raise InvalidConfigError(name, None, f"check {kind.value} needs {name}")
        if choice and not set(choice) & set(given):
            raise InvalidConfigError(choice[0], None, f"check {kind.value} needs {' or '.join(choice)}")
        self._check_values()

    def _check_values(self) -> None:
        kind = self.check
        if self.severity is Severity.QUARANTINE and not kind.is_about_rows:
            raise InvalidConfigError(
                "severity", None, f"check {kind.value} is about all rows, and none can be set aside: use warn or fail"
            )
        if kind is CheckKind.ROW_COUNT and not all(isinstance(each, int | None) for each in (self.min, self.max)):
            raise InvalidConfigError("min", None, "min and max of check row_count are integers")
        if kind is CheckKind.FRESHNESS and len(self.columns) > 1:
            raise InvalidConfigError("columns", None, "check freshness takes one column")
        if self.to and len(self.to) != len(self.columns):
            raise InvalidConfigError("to", None, "check references needs as many names in to as in columns")

    @property
    def name(self) -> str:
        """Name in results: `in_range(shares)`."""
        if self.check is CheckKind.FUNCTION:
            return f"function({function_name(self.function)})"
        return f"{self.check.value}({', '.join(self.columns)})" if self.columns else self.check.value


_OPTIONS = (
    "columns", "min", "max", "max_change_percent", "pattern", "values", "max_age_days", "capture", "to", "function"
)  # fmt: skip


def function_name(function: Any) -> str:
    """Return the name of an own function for results."""
    if isinstance(function, str):
        return function
    return str(getattr(function, "__qualname__", None) or getattr(function, "name", None) or type(function).__name__)


def _types(given: Mapping[str, Any]) -> dict[str, ColumnType]:
    from spine.formats.columntypes import ColumnType  # most projects have no contract

    return {name: ColumnType.parse(kind) for name, kind in given.items()}


def _plain_types(contract: ContractSection, attribute: object, given: Mapping[str, ColumnType]) -> None:
    for name, kind in given.items():
        if kind.format is not None or not kind.is_plain:
            raise InvalidConfigError("columns", name, f"the type of column {name!r} takes no format: it is no text")


@frozen(kw_only=True)
class ContractSection:
    """`[contracts."NAME"]`: what the captures whose names match hold; NAME may have `*` and `?`."""

    columns: Mapping[str, str] = setting(
        "Columns that must be there, with their types: string, int64, decimal(18,4) and so on.",
        {},
        _plain_types,
        _types,
    )
    drift: Drift = field(
        default=Drift.EVOLVE,
        converter=_drift,
        metadata={"help": "Treatment of columns that are not among `columns`."},
    )
    checks: list[Check] = setting("Checks, in the order in which they are made.", [], converter=tuple)

    def __attrs_post_init__(self) -> None:
        if self.drift is not Drift.EVOLVE and not self.columns:
            raise InvalidConfigError("drift", None, f'drift = "{self.drift.value}" needs columns: say which are known')
        if self.drift is Drift.EVOLVE:
            return
        for check in self.checks:
            unknown = [name for name in check.columns if name not in self.columns]
            if unknown:
                raise InvalidConfigError(
                    "checks", None, f"check {check.name} is about column {unknown[0]!r}, which is not among columns"
                )
