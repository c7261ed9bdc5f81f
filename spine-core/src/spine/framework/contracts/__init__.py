"""Contracts: what the data of a capture must be, checked before it is captured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.config.contracts import Check, CheckKind, Drift, Severity
from spine.core.lazy import lazy_names
from spine.framework.contracts.result import (
    MemoryQualityResultStore,
    QualityResult,
    QualityResultStore,
    quality_result_store,
)

if TYPE_CHECKING:
    from spine.framework.contracts.registry import Contract, ContractRegistry, contract, contract_registry
    from spine.framework.contracts.violation import ContractViolationError

__all__ = [
    "Check",
    "CheckKind",
    "Contract",
    "ContractRegistry",
    "ContractViolationError",
    "Drift",
    "MemoryQualityResultStore",
    "QualityResult",
    "QualityResultStore",
    "Severity",
    "contract",
    "contract_registry",
    "quality_result_store",
]

if not TYPE_CHECKING:  # most runs have no contract
    __getattr__ = lazy_names(
        __name__,
        {
            "spine.framework.contracts.registry": ["Contract", "ContractRegistry", "contract", "contract_registry"],
            "spine.framework.contracts.violation": ["ContractViolationError"],
        },
    )
