"""Files and folders at and below `.spine`: only their owner can read them."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

_FOLDER = ".spine"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_folder(path: Path) -> None:
    """Create a folder and those above it; others cannot enter `.spine`, also one that was there before."""
    for folder in (*reversed(path.parents), path):
        is_private = _FOLDER in folder.parts
        if is_private and folder.is_dir():
            _close_to_others(folder)
        elif folder == path or not folder.exists():
            folder.mkdir(mode=0o700 if is_private else 0o777, exist_ok=True)


def open_file(path: str | os.PathLike[str], flags: int) -> int:
    """Return a descriptor, as an `opener` of `open` does; a new file below `.spine` is its owner's only."""
    return os.open(path, flags, 0o600 if _FOLDER in Path(path).parts else 0o666)


def keep_file_private(path: Path, *suffixes: str) -> None:
    """Create a file below `.spine` if there is none, and take the rights of others to it and those beside it away.

    SQLite gives the files beside a database the rights of the database.
    """
    if _FOLDER not in path.parts:
        return
    with suppress(OSError):  # of a read-only file system, or of another user: opening it raises the error
        os.close(open_file(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC))
    for each in (path, *(path.with_name(path.name + suffix) for suffix in suffixes)):
        _close_to_others(each)


def _close_to_others(path: Path) -> None:
    with suppress(OSError):
        found = path.stat()
        if found.st_mode & _OTHERS:
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
