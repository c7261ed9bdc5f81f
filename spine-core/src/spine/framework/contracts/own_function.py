"""Own functions of contracts, and schemas of pandera in their place."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING, Any

from spine.config.contracts import function_name
from spine.core.errors import ConfigError
from spine.framework.contracts.running import Outcome
from spine.framework.contracts.sample import SAMPLE_ROWS, rows_of

if TYPE_CHECKING:
    import pyarrow as pa


def own_function(given: Any) -> Callable[[pa.Table], Any]:
    """Return the function of a check, which may be given as `"module:function"` or as a schema of pandera.

    Raises ConfigError if it cannot be imported.
    """
    found = _imported(given) if isinstance(given, str) else given
    validate = getattr(found, "validate", None)
    if callable(validate):
        return _of_schema(validate, f"the schema {function_name(found)}")
    if not callable(found):
        raise ConfigError(f"function {given!r} of a contract is no function: name one, or a schema of pandera")
    function: Callable[[pa.Table], Any] = found
    return function


def _imported(target: str) -> Any:
    module, _, name = target.partition(":")
    try:
        return reduce(getattr, name.split("."), import_module(module))
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        raise ConfigError(f"function {target!r} of a contract cannot be imported: {problem}", cause=error) from error


def _of_schema(validate: Callable[..., Any], expected: str) -> Callable[[pa.Table], Outcome]:
    def check(table: pa.Table) -> Outcome:
        try:
            validate(table, lazy=True)
        except Exception as error:
            cases: Any = getattr(error, "failure_cases", None)
            if not hasattr(cases, "column_names"):
                raise
            return Outcome(False, expected, _summary(cases), None, _cases(cases.slice(0, SAMPLE_ROWS)))
        return Outcome(True, expected)

    return check


def _summary(cases: pa.Table) -> str:
    checks = {(row["column"], row["check"]) for row in rows_of(cases.select(["column", "check"]))}
    named = ", ".join(sorted(f"{column}: {check}" for column, check in checks))
    return f"{cases.num_rows:,} values that do not fit: {named}"


def _cases(cases: pa.Table) -> list[dict[str, Any]]:
    """Return each case with its value under the name of its column, so that those of secrets are masked."""
    import pyarrow as pa

    rows = zip(*(cases[name].to_pylist() for name in ("column", "check", "failure_case")), strict=True)
    return [rows_of(pa.table({str(column): [str(value)], "check": [check]}), 200)[0] for column, check, value in rows]
