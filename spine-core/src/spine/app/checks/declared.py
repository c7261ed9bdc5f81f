"""Declarations in `spine.toml`: each source, channel, database and the like is built as a run would build it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, fail, fix_of, in_one_line
from spine.app.service import executor_class
from spine.core.errors import SpineError
from spine.core.scope import use_scope
from spine.plugins.descriptors import KINDS, SECTIONS, Descriptor

if TYPE_CHECKING:
    from spine.app.application import Application


def check_declared(project: Application) -> Iterator[Finding]:
    """Yield a finding for each declaration that cannot be built."""
    with use_scope(project.scope):
        for spec in SECTIONS.values():
            yield from _each(project, spec)
        yield from _executor(project)


def check_built(project: Application) -> Iterator[Finding]:
    """Yield a finding for each source that cannot be built; nothing is connected."""
    with use_scope(project.scope):
        yield from _each(project, KINDS["source"])


def _each(project: Application, spec: type[Descriptor]) -> Iterator[Finding]:
    for name in project.settings.declared(spec.kind):
        try:
            project.check_declared(spec.kind, name)
        except Exception as error:  # noqa: BLE001 - a plugin's constructor may raise anything
            label = f"{str(spec.section).removesuffix('s')} {name}"
            yield fail(label, in_one_line(error), fix_of(error, project))


def _executor(project: Application) -> Iterator[Finding]:
    name = project.settings.scheduler.executor
    try:
        executor_class(project)
    except SpineError as error:
        if name not in project.settings.executors or "inline" in str(error):
            yield fail("scheduler.executor", str(error), fix_of(error, project))
