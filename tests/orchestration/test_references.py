"""Functions by name."""

from __future__ import annotations

import os.path
from functools import partial
from typing import Any

import pytest

from spine.core.errors import WorkflowError
from spine.orchestration.definition.references import reference_to, resolve_reference


def at_the_top() -> None: ...


class Holder:
    @staticmethod
    def static() -> None: ...

    @classmethod
    def of_class(cls) -> None: ...

    def method(self) -> None: ...


@pytest.mark.parametrize("function", [at_the_top, Holder.static, Holder.of_class, Holder, os.path.join, len])
def test_a_function_that_a_module_holds_is_found_again(function: Any) -> None:
    reference = reference_to(function)
    assert reference is not None
    assert resolve_reference(reference) == function


def test_nothing_has_no_reference() -> None:
    assert reference_to(None) is None


@pytest.mark.parametrize("function", [lambda: None, Holder().method, partial(at_the_top)])
def test_what_no_module_holds_is_never_mistaken_for_something_else(function: Any) -> None:
    reference = reference_to(function)
    assert reference is not None
    with pytest.raises(WorkflowError, match="is a lambda, an inner function or bound to an object"):
        resolve_reference(reference)
