"""Checks in progress, made from what a contract declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from spine.config.contracts import Check, CheckKind, Severity
from spine.core.errors import ValidationError
from spine.framework.captures.revision import CaptureNotFoundError
from spine.framework.contracts.freshness import Freshness
from spine.framework.contracts.own_function import own_function
from spine.framework.contracts.rowchecks import bad_rows, keys_of, missing_rows, repeated_rows
from spine.framework.contracts.running import KeyCheck, RowCheck, RowCount, RunningCheck, SetAside, WholeCheck
from spine.framework.contracts.subject import Subject

if TYPE_CHECKING:
    import pyarrow as pa


def running_check(check: Check, subject: Subject, set_aside: SetAside) -> RunningCheck:
    """Return the check in progress on the data of one capture; `set_aside` takes rows, if its severity says so."""
    quarantine = set_aside if check.severity is Severity.QUARANTINE else None
    match check.check:
        case CheckKind.UNIQUE:
            before = subject.base_columns(check.columns)
            if quarantine is None:
                return KeyCheck(check.columns, _expected(check), before)
            find = repeated_rows(check.columns, before)
        case CheckKind.ROW_COUNT:
            base = subject.base
            kept = 0 if base is None else base.row_count
            return RowCount(check.min, check.max, check.max_change_percent, lambda: _row_count(subject), kept)
        case CheckKind.FRESHNESS:
            column = check.columns[0] if check.columns else None
            return Freshness(float(check.max_age_days or 0), column, None if column else subject.business_date)
        case CheckKind.FUNCTION:
            return WholeCheck(check.name, own_function(check.function), quarantine)
        case CheckKind.REFERENCES:
            find = _referring(check, subject)
        case _:
            find = bad_rows(check)
    return RowCheck(check.name, _expected(check), check.columns, find, quarantine)


def _row_count(subject: Subject) -> int | None:
    last = subject.last()
    return None if last is None else last.row_count


def _referring(check: Check, subject: Subject) -> Callable[[pa.Table], Any]:
    """Return the function that finds rows without a match; the other capture is read for the first of them."""
    found: list[Callable[[pa.Table], Any]] = []

    def find(table: pa.Table) -> Any:
        if not found:
            names = check.to or check.columns
            try:
                keys = keys_of(subject.read(str(check.capture), list(names)), names)
            except (CaptureNotFoundError, ValidationError) as error:  # there is no such capture or column
                raise ValueError(str(error)) from error
            found.append(missing_rows(check.columns, keys.group_by(keys.column_names).aggregate([])))
        return found[0](table)

    return find


def _expected(check: Check) -> str:
    match check.check:
        case CheckKind.NOT_NULL:
            return "no nulls"
        case CheckKind.UNIQUE:
            return "every row another"
        case CheckKind.IN_RANGE:
            bounds = (("at least", check.min), ("at most", check.max))
            return ", ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)
        case CheckKind.MATCHES:
            return f"matches {check.pattern}"
        case CheckKind.ONE_OF:
            return f"one of {', '.join(map(str, check.values or ()))}"
    return f"in {', '.join(check.to or check.columns)} of {check.capture}"
