"""Files of this machine by glob, in which a folder that holds a link to itself has an end."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

_Folder = tuple[int, int]  # device and inode


def matching_paths(pattern: str, root: str | os.PathLike[str] | None = None) -> Iterator[str]:
    """Yield the paths that a glob matches as Python's `glob` does, relative ones below `root`.

    A part `**` is any number of folders, also behind links, but for a link to a folder that the link is in.
    """
    parts = pattern.split("/")
    if "**" not in parts:
        yield from glob.iglob(pattern, root_dir=root)  # noqa: PTH207 - Path.glob takes no absolute one
        return
    first = parts.index("**")
    rest = "/".join(parts[first + 1 :]).lstrip("/") if parts[first + 1 :] else "*"
    for start in _starts(parts[:first], root):
        for folder in _folders(start, root):
            for name in matching_paths(rest, Path(root or "", folder)):
                yield _joined(folder, name)


def _starts(parts: list[str], root: str | os.PathLike[str] | None) -> Iterator[str]:
    head = "/".join(parts)
    if not parts or not head:
        return iter(["/" if parts else ""])
    return glob.iglob(head, root_dir=root)  # noqa: PTH207 - as above


def _folders(start: str, root: str | os.PathLike[str] | None) -> Iterator[str]:
    """Yield a folder and those below it, none twice on one way down; hidden ones are left out, as in globs."""
    waiting: list[tuple[str, tuple[_Folder, ...]]] = [(start, ())]
    while waiting:
        folder, above = waiting.pop()
        try:
            found = Path(root or "", folder).stat()
            with os.scandir(Path(root or "", folder)) as entries:
                below = sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir())
        except OSError:  # it has vanished, or may not be read
            continue
        here = (found.st_dev, found.st_ino)
        if here not in above:
            yield folder
            waiting += [(_joined(folder, name), (*above, here)) for name in reversed(below)]


def _joined(folder: str, name: str) -> str:
    """Return a path as the pattern writes it; Path would leave out a dot."""
    return f"{folder}{'' if not folder or folder.endswith('/') else '/'}{name}"
