"""Parts of a workbook that is a ZIP archive, found as its reader finds them, and parsed as XML."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from attrs import define, field

Attributes = dict[str, str]


@define
class Parts:
    """Parts by name: the reader ignores the case of letters, and takes a backslash for a slash."""

    archive: ZipFile
    _names: dict[str, str] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        for name in self.archive.namelist():
            if _plain(name) in self._names:
                raise BadZipFile(f"it has two parts called {name!r}")
            self._names[_plain(name)] = name

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self._names

    def open(self, name: str) -> IO[bytes]:
        """Open a part; KeyError if there is none of that name."""
        return self.archive.open(self._names[_plain(name)])


def parse(
    parts: Parts,
    name: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Parse a part; the names of its elements come without their prefix."""
    parser: Any = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    if end is not None:
        parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = text
    with parts.open(name) as stream:
        parser.ParseFile(stream)


def _plain(name: str) -> str:
    return name.replace("\\", "/").lower()
