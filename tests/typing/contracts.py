"""Contracts as users declare them, for mypy."""

from __future__ import annotations

import pyarrow as pa

from spine.framework.captures import capture
from spine.framework.contracts import (
    Check,
    CheckKind,
    Contract,
    ContractViolationError,
    Drift,
    QualityResult,
    Severity,
    contract,
    contract_registry,
)


def balanced(table: pa.Table) -> str | None:
    """An own function."""
    return None if table.num_rows % 2 == 0 else "odd"


declared: Contract = contract(
    "prices.*",
    columns={"symbol": "string", "price": "decimal(18,4)"},
    drift="freeze",
    checks=[
        Check("not_null", ["symbol", "price"]),
        Check("in_range", "price", min=0, max=1_000, severity="quarantine"),
        Check(CheckKind.ROW_COUNT, min=1, max_change_percent=50, severity=Severity.WARN),
        Check("function", function=balanced),
    ],
)
contract_registry.register(Contract("orders", drift=Drift.EVOLVE, checks=[Check("row_count", min=1)]), replace=True)


def failed_checks() -> list[str]:
    """The names of the checks that data does not pass."""
    try:
        capture("prices.daily", [{"symbol": None}])
    except ContractViolationError as error:
        results: list[QualityResult] = list(error.results)
        return [result.check_name for result in results]
    return []
