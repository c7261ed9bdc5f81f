"""A project in a new folder."""

from __future__ import annotations

from pathlib import Path

_SPINE_TOML = '[spine]\nname = "scratch"\nmodules = ["flows"]\n'


def make_project(folder: Path, *, flows: str = "", settings: str = "", files: dict[str, str] | None = None) -> Path:
    """Write a `spine.toml` (with `settings` appended), a module `flows` and further files; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spine.toml").write_text(_SPINE_TOML + settings, encoding="utf-8")
    (folder / "flows.py").write_text(flows, encoding="utf-8")
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
