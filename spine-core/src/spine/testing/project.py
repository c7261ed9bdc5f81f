"""A project in a new folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_SPINE_TOML = '[spine]\nname = "scratch"\nmodules = ["flows"]\n'


def make_project(
    folder: Path,
    *,
    spine_toml: str | Path = _SPINE_TOML,
    flows: str | Path = "",
    settings: str = "",
    files: Mapping[str, str | Path] | None = None,
) -> Path:
    """Write a `spine.toml` (with `settings` appended), a module `flows` and further files; return the folder.

    Each is a text, or the path of a file whose text is copied. Nothing else of the folder of a `spine_toml` is.
    """
    written = {"spine.toml": _text(spine_toml) + settings, "flows.py": flows, **(files or {})}
    for name, given in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(given), encoding="utf-8")
    return folder


def _text(given: str | Path) -> str:
    return given.read_text(encoding="utf-8") if isinstance(given, Path) else given
