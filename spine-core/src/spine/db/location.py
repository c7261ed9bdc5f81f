"""Where a database URL points, for a project that does not run in its own folder."""

from __future__ import annotations

from pathlib import Path

_SQLITE_FILE = "sqlite:///"


def relative_to(root: Path, url: str) -> str:
    """Return `url` with the relative path of a SQLite file made absolute under `root`; any other URL as it is."""
    if not url.startswith(_SQLITE_FILE):
        return url
    path, separator, query = url.removeprefix(_SQLITE_FILE).partition("?")
    if not path or path == ":memory:":
        return url
    return f"{_SQLITE_FILE}{root / path}{separator}{query}"
