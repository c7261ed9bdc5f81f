"""Declarations in `spine.toml`: each source, channel, database and the like is built as a run would build it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding
from spine.core.errors import SpineError
from spine.plugins.descriptors import SECTIONS

if TYPE_CHECKING:
    from spine.app.application import Application

_NOT_BUILT = ("executor",)  # an executor starts its workers: only its class is loaded


def check_declared(project: Application) -> Iterator[Finding]:
    """Yield a finding for each declaration that cannot be built."""
    for spec in SECTIONS.values():
        for name, declared in project.settings.declared(spec.kind).items():
            label = f"{str(spec.section).removesuffix('s')} {name}"
            try:
                if spec.kind in _NOT_BUILT:
                    project.catalog.load_class(spec.kind, declared.type)
                else:
                    project.build_declared(spec.kind, name)
            except SpineError as error:
                yield Finding(label, False, str(error))
            except Exception as error:  # noqa: BLE001 - a plugin's constructor may raise anything
                yield Finding(label, False, f"{type(error).__name__}: {error}")
