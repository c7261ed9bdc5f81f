"""Opening a project: found, read, wired, and made the current one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from spine.app.application import Application
from spine.config.faults import Faults
from spine.config.find import find_root
from spine.config.load import load_settings
from spine.core.scope import use_scope
from spine.orchestration.isolation.project_address import ProjectAddress


@contextmanager
def open_project(
    start: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    faults: Faults | None = None,
    *,
    with_modules: bool = True,
) -> Iterator[Application]:
    """Open the project at `start` (or SPINE_PROJECT, or the nearest one upwards) and make it the current one.

    Raises ConfigError if there is no `spine.toml`, or if it is not valid; with `faults` that are collected, the project
    is opened without the parts that are at fault, for reading. Without `with_modules` its own code is not imported.
    """
    faults = Faults() if faults is None else faults
    settings = load_settings(find_root(start, environ), environ, faults)
    application = Application(settings, environ, faults, with_modules=with_modules)
    here = ProjectAddress(f"{__name__}:{open_project.__name__}", str(application.settings.root), environ)
    application.scope.provide(ProjectAddress, here)
    try:
        with use_scope(application.scope, process_wide=True):
            yield application
    finally:
        application.close()
