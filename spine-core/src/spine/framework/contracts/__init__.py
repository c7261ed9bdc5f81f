"""Contracts: what the data of a capture must be, checked before it is captured."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spine.config.contracts import Check, CheckKind, Drift, Severity
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


def __getattr__(name: str) -> Any:  # most runs have no contract
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    module = "violation" if name == "ContractViolationError" else "registry"
    return getattr(import_module(f"{__name__}.{module}"), name)
