"""An option whose values are the names of an enum."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import click


class EnumChoice(click.Choice):  # type: ignore[type-arg]  # click 8.1 has no Choice[str]
    """A choice of the enum `module:name`, imported when a value or the option's help needs it."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.case_sensitive = False

    @property
    def choices(self) -> Sequence[str]:  # type: ignore[override]  # click sets it in its __init__
        module, _, name = self._target.partition(":")
        return list(getattr(import_module(module), name).__members__)
