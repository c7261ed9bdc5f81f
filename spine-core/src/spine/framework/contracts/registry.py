"""Contract of captures, and the registry of contracts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any

from attrs import field, fields, frozen

from spine.config.contracts import Check, ContractSection, Drift
from spine.core.errors import InvalidConfigError
from spine.core.scope import current_scope

_PATTERN = re.compile(r"[\w.*?\[\]!-]{1,200}", re.ASCII)


def _valid(contract: object, attribute: object, pattern: str) -> None:
    if not _PATTERN.fullmatch(str(pattern)):
        raise InvalidConfigError(
            "contracts",
            pattern,
            f"contract name {pattern!r:.80} is not valid: use the name of a capture, with * and ? for parts of it",
        )


@frozen
class Contract(ContractSection):
    """Contract of the captures whose names match `pattern`, in which `*` and `?` stand for parts of a name."""

    pattern: str = field(validator=_valid)

    @classmethod
    def of(cls, pattern: str, section: ContractSection) -> Contract:
        """Return the contract that a section of `spine.toml` declares."""
        return cls(pattern, **{each.name: getattr(section, each.name) for each in fields(ContractSection)})

    def matches(self, name: str) -> bool:
        """Return whether the contract is about the capture of that name."""
        return fnmatchcase(name, self.pattern)


class ContractRegistry:
    """Contracts of the current project, in the order in which they were declared: those of code first."""

    def __init__(self) -> None:
        self._lock = Lock()

    def register(self, contract: Contract, *, replace: bool = False) -> Contract:
        """Register a contract and return it; ValueError if its name is taken, unless `replace`."""
        with self._lock:
            nearest = self._layers()[0]
            if not replace and nearest.get(contract.pattern, contract) is not contract:
                raise ValueError(
                    f"contract {contract.pattern!r} is already registered; pass replace=True to replace it"
                )
            nearest[contract.pattern] = contract
        return contract

    def of(self, name: str) -> list[Contract]:
        """Return the contracts of the capture of that name."""
        return [contract for contract in self.list_contracts() if contract.matches(name)]

    def list_contracts(self) -> list[Contract]:
        """Return all contracts."""
        with self._lock:
            return [contract for layer in reversed(self._layers()) for contract in layer.values()]

    def clear(self) -> None:
        """Remove all contracts, also those of the surrounding scopes."""
        with self._lock:
            for layer in self._layers():
                layer.clear()

    def _layers(self) -> list[dict[str, Contract]]:
        return current_scope().layers(self, dict)  # the instance is the key, as in spine.core.registry


contract_registry = ContractRegistry()


def contract(
    pattern: str,
    *,
    columns: Mapping[str, Any] | None = None,
    drift: Drift | str = Drift.EVOLVE,
    checks: Iterable[Check] = (),
    replace: bool = False,
) -> Contract:
    """Declare the contract of the captures whose names match `pattern`, register it, and return it."""
    declared: Any = {"columns": columns or {}, "drift": drift, "checks": checks}
    return contract_registry.register(Contract(pattern, **declared), replace=replace)
