"""A distribution with a plugin, installed without pip: its files, its metadata, its entry point."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen


@frozen
class FakePlugin:
    """The location of the distribution, and its names."""

    name: str
    distribution: str
    package: str
    folder: Path


def make_plugin(
    folder: Path,
    name: str,
    plugin_py: str,
    *,
    modules: Mapping[str, str] | None = None,
    distribution: str | None = None,
    version: str = "1.0",
    requires: Sequence[str] = ("spine-core",),
) -> FakePlugin:
    """Write a distribution into `folder` whose entry point `name` is a `plugin.py` with the text `plugin_py`.

    `modules` are further files of its package, path to text. It counts as installed once `folder` is on
    `sys.path`: see the fixture `installed_plugin`, which adds and removes it.
    """
    distribution = distribution or f"spine-{name}"
    package = distribution.replace("-", "_").replace(".", "_")
    source = folder / package
    source.mkdir(parents=True)
    (source / "__init__.py").touch()
    for file, text in {"plugin.py": plugin_py, **(modules or {})}.items():
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        (source / file).write_text(text, encoding="utf-8")
    info = folder / f"{package}-{version}.dist-info"
    info.mkdir()
    headers = ["Metadata-Version: 2.1", f"Name: {distribution}", f"Version: {version}"]
    headers += [f"Requires-Dist: {requirement}" for requirement in requires]
    (info / "METADATA").write_text("\n".join(headers) + "\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[spine]\n{name} = {package}.plugin\n", encoding="utf-8")
    importlib.invalidate_caches()  # caches depend on the folder's time, which two plugins made at once may share
    return FakePlugin(name, distribution, package, folder)


def put_on_path(folder: Path) -> None:
    """Make the distributions in `folder` count as installed in this process."""
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()


def take_off_path(folder: Path) -> None:
    """Undo `put_on_path`, and forget the modules that were imported from `folder`."""
    sys.path.remove(str(folder))
    below = f"{folder}{os.sep}"
    for name, module in list(sys.modules.items()):  # thousands: a path is made of none
        origin = getattr(module, "__dict__", {}).get("__file__")
        if isinstance(origin, str) and origin.startswith(below):
            del sys.modules[name]
    importlib.invalidate_caches()
