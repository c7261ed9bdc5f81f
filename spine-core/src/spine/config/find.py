"""The project's folder: the one with `spine.toml`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from spine.config.owner import refuse_foreign
from spine.core.errors import ConfigError

FILE_NAME = "spine.toml"


def find_root(start: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the project: `start` or SPINE_PROJECT if given, else the nearest one upwards.

    Raises ConfigError if there is no `spine.toml`, or if the one that was found may be the work of another user.
    """
    given = start or (Path(environ["SPINE_PROJECT"]) if environ.get("SPINE_PROJECT") else None)
    if given is not None:
        root = given.parent if given.name == FILE_NAME else given
        if not (root / FILE_NAME).is_file():
            raise ConfigError(f"there is no {FILE_NAME} in {root}: run spine init {root}, or name another folder")
        return root.resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FILE_NAME).is_file():
            refuse_foreign(folder / FILE_NAME, environ, above=folder != here)
            return folder
    raise ConfigError(
        f"there is no {FILE_NAME} in {here} or above it: run spine init to make a project here, or use --project DIR"
    )
