"""Contracts: what the data of a capture must be, checked before it is captured."""

from __future__ import annotations

from spine.config.contracts import Check, CheckKind, Drift, Severity
from spine.framework.contracts.contract import Contract, ContractRegistry, contract, contract_registry
from spine.framework.contracts.result import (
    MemoryQualityResultStore,
    QualityResult,
    QualityResultStore,
    quality_result_store,
)
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
