"""The project's folder: the one with `spine.toml`, which names code that runs as this user."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from spine.core.errors import ConfigError

FILE_NAME = "spine.toml"
_SAFE = "SPINE_SAFE_PROJECTS"
_ROOT = 0  # the id of that user


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
            _refuse_foreign(folder / FILE_NAME, environ, above=folder != here)
            return folder
    raise ConfigError(
        f"there is no {FILE_NAME} in {here} or above it: run spine init to make a project here, or use --project DIR"
    )


def _refuse_foreign(path: Path, environ: Mapping[str, str], *, above: bool) -> None:
    """Raise a ConfigError if the `spine.toml` at `path`, or its folder, is another user's; root's are trusted.

    One that lies `above` the working directory is also refused if every user can write it or its folder.
    """
    if not hasattr(os, "geteuid") or _is_safe(path.parent, environ):
        return
    trusted = _trusted(environ)
    for place in (path.parent, path):
        for found in (place.lstat(), place.stat()):
            if found.st_uid not in trusted:
                raise _refused(path, f"{place} belongs to another user (id {found.st_uid})")
        if above and place.stat().st_mode & stat.S_IWOTH:
            raise _refused(path, f"every user of this machine can write {place}")


def _trusted(environ: Mapping[str, str]) -> set[int]:
    """Return the users whose files may name code: this one, root, and who became root with sudo."""
    own, before = os.geteuid(), environ.get("SUDO_UID", "")
    return {own, _ROOT} | ({int(before)} if own == _ROOT and before.isdigit() else set())


def _is_safe(folder: Path, environ: Mapping[str, str]) -> bool:
    listed = filter(None, environ.get(_SAFE, "").split(os.pathsep))
    return any(entry == "*" or Path(entry).resolve() == folder.resolve() for entry in listed)


def _refused(path: Path, reason: str) -> ConfigError:
    return ConfigError(
        f"{path} was found but is not used, because {reason}, and it names code to run: if you trust it, "
        f"give it by name with --project {path.parent}, or add the folder to {_SAFE}"
    )
