"""Contracts of captures: their functions can be imported, their patterns read, and their references found."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, edit, fail, ok, warn
from spine.config.contracts import Check, CheckKind
from spine.core.errors import SpineError
from spine.core.scope import use_scope
from spine.core.suggest import did_you_mean
from spine.framework.captures import list_captures
from spine.framework.contracts import Contract, contract_registry

if TYPE_CHECKING:
    from spine.app.application import Application


def check_contracts(project: Application) -> Iterator[Finding]:
    """Yield a finding for each check of a contract that could not be made, and the number of contracts."""
    fix = edit(project.settings.path)
    with use_scope(project.scope):
        contracts = contract_registry.list_contracts()
        captures = {capture.name for capture in list_captures()}
        for contract in contracts:
            if captures and not any(map(contract.matches, captures)):
                yield _unused(contract, captures)
            for check in contract.checks:
                if (problem := _problem(check)) is not None:
                    yield fail(f"contract {contract.pattern}", f"{check.name}: {problem}", fix)
                elif check.capture is not None and not list_captures(check.capture):
                    says = f"{check.name}: capture {check.capture!r} was not made yet: no row will pass"
                    yield warn(f"contract {contract.pattern}", says, "spine captures list")
    if contracts:
        yield ok("contracts", f"{len(contracts)} declared")


def _unused(contract: Contract, captures: Collection[str]) -> Finding:
    hint = did_you_mean(contract.pattern, captures)
    says = f"it is about none of the captures that there are{hint}"
    return warn(f"contract {contract.pattern}", says, "spine captures list")


def _problem(check: Check) -> str | None:
    """Return why a check could not be made, None if it could."""
    if find_spec("pyarrow") is None:  # check_arrow tells it
        return None
    if check.check is CheckKind.FUNCTION:
        return _function_problem(check)
    if check.check is CheckKind.MATCHES:
        return _pattern_problem(str(check.pattern))
    if check.check is CheckKind.REFERENCES and (known := list_captures(check.capture)):
        names = [name for name, _kind in known[-1].schema]
        missing = [name for name in check.to or check.columns if name not in names]
        return f"capture {check.capture!r} has no column {missing[0]!r}" if missing else None
    return None


def _function_problem(check: Check) -> str | None:
    from spine.framework.contracts.own_function import own_function

    try:
        own_function(check.function)
    except SpineError as error:
        return str(error)
    return None


def _pattern_problem(pattern: str) -> str | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        return f"the pattern {pattern!r} is not valid: {error}"
    return None
