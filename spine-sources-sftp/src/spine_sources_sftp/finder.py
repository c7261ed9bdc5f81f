"""Files of an SFTP server by path or glob. Names that the server lists are not trusted, and their number is limited."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase

import asyncssh
from attrs import frozen

from spine.core.errors import SourceError, SourceNotFoundError
from spine.core.plain_text import one_line
from spine_sources_file.location import is_glob, may_be_name
from spine_sources_sftp.connection import Connection
from spine_sources_sftp.remotefile import SftpFile

MOST_ENTRIES = 1_000_000  # of all folders that are listed for one fetch
MOST_LEVELS = 100  # of folders in folders
_LONGEST_NAME = 1024  # bytes; file systems have 255


@frozen
class Entry:
    """Path that exists on the server, with its attributes; a link has those of its target."""

    path: str
    said: asyncssh.SFTPAttrs
    is_link: bool = False

    @property
    def is_folder(self) -> bool:
        return self.said.type == asyncssh.FILEXFER_TYPE_DIRECTORY

    @property
    def is_file(self) -> bool:
        """True for a regular file, and where the server does not say what it is."""
        return self.said.type in (asyncssh.FILEXFER_TYPE_REGULAR, asyncssh.FILEXFER_TYPE_UNKNOWN)


class SftpFinder:
    """Finder of the files that a connection reaches. Globs follow the rules of Python's `glob`.

    `**` alone does not follow links to folders, so that a loop of them ends.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._left = MOST_ENTRIES

    def files(self, path: str) -> Sequence[SftpFile]:
        """Return the files of a filled path or glob, sorted; SourceNotFoundError if there is none."""
        label = self._label(path)
        exact: Entry | None = None
        if not is_glob(path):
            exact = self._look_up(path)
        elif may_be_name(path):
            exact = self._looked_up(path)
        if exact is None:
            found = {entry.path: entry for entry in self._matches(path)}
            if not found:
                raise SourceNotFoundError(f"no file matches {label}")
            return [self._file(found[each]) for each in sorted(found)]
        if exact.is_folder:
            raise SourceError(f"{label} is a folder: give a file, or a glob such as '{path}/*.csv'")
        if not exact.is_file:
            raise SourceError(f"{label} is not a regular file")
        return [self._file(exact)]

    def names(self, pattern: str) -> Iterator[str]:
        """Return the paths of the files that a glob matches."""
        return (entry.path for entry in self._matches(pattern))

    def _label(self, path: str) -> str:
        return self._connection.server.url(path)

    def _file(self, entry: Entry) -> SftpFile:
        return SftpFile(self._label(entry.path), _on_server(entry.path), entry.said, self._connection)

    def _look_up(self, path: str, *, is_link: bool = False) -> Entry:
        said = self._connection.call(self._connection.sftp.stat(_on_server(path)), self._label(path))
        return Entry(path, said, is_link)

    def _looked_up(self, path: str, *, is_link: bool = False) -> Entry | None:
        """Return what is at a path, None if nothing can be found there: a missing file, a link to none or to itself."""
        try:
            return self._look_up(path, is_link=is_link)
        except SourceError:
            return None

    def _matches(self, pattern: str) -> Iterator[Entry]:
        """Yield the files that a glob matches; those below several `**` more than once."""
        root = "/" if pattern.startswith("/") else ""
        return self._walk(root, pattern.strip("/").split("/"))

    def _walk(self, folder: str, parts: Sequence[str]) -> Iterator[Entry]:
        part, rest = parts[0], parts[1:]
        if part == "**":
            yield from self._walk(folder, rest or ["*"])
            for entry in self._entries(folder, lambda name: not name.startswith(".")):
                if entry.is_folder and not entry.is_link:
                    yield from self._walk(entry.path, parts)
            return
        if glob.has_magic(part):
            found = self._entries(folder, _matching(part))
        elif rest:  # it may be a folder that the user may enter and not see
            found = iter([Entry(_joined(folder, part), _FOLDER)])
        else:
            exact = self._looked_up(_joined(folder, part))
            found = iter([exact] if exact else [])
        for entry in found:
            if not rest and entry.is_file:
                yield entry
            elif rest and entry.is_folder:
                yield from self._walk(entry.path, rest)

    def _entries(self, folder: str, wanted: Callable[[str], bool]) -> Iterator[Entry]:
        """Yield the entries of a folder whose names are wanted, none if it does not exist."""
        label = self._label(folder)
        if folder.count("/") > MOST_LEVELS:
            raise SourceError(f"{label:.200} lies in more than {MOST_LEVELS} folders: give a path without '**'")
        try:
            for listed in self._connection.listing(_on_server(folder or "."), label):
                self._count(label)
                name = _name_of(listed, label)
                if name in (".", "..") or not wanted(name):
                    continue
                _refuse_unprintable(name, label)
                found = self._entry(_joined(folder, name), listed.attrs)
                if found is not None:
                    yield found
        except SourceNotFoundError:
            return

    def _entry(self, path: str, said: asyncssh.SFTPAttrs) -> Entry | None:
        if said.type != asyncssh.FILEXFER_TYPE_SYMLINK:
            return Entry(path, said)
        return self._looked_up(path, is_link=True)

    def _count(self, label: str) -> None:
        self._left -= 1
        if self._left < 0:
            raise SourceError(
                f"{label}: more than {MOST_ENTRIES:,} entries were listed there and before; give a path with fewer "
                "files in its folders"
            )


_FOLDER = asyncssh.SFTPAttrs(type=asyncssh.FILEXFER_TYPE_DIRECTORY)


def _matching(part: str) -> Callable[[str], bool]:
    shows_hidden = part.startswith(".")
    return lambda name: (shows_hidden or not name.startswith(".")) and fnmatchcase(name, part)


def _joined(folder: str, name: str) -> str:
    return f"{folder}{'' if folder in ('', '/') else '/'}{name}"


def _on_server(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _name_of(listed: asyncssh.SFTPName, label: str) -> str:
    raw = listed.filename
    encoded = raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else raw
    if not encoded or len(encoded) > _LONGEST_NAME or b"/" in encoded or b"\0" in encoded:
        raise SourceError(
            f"{label}: the server lists the name {encoded[:80]!r}, which no file can have; nothing was read"
        )
    return encoded.decode("utf-8", "surrogateescape")


def _refuse_unprintable(name: str, label: str) -> None:
    if one_line(name) != name:
        raise SourceError(
            f"{label}: the name {name[:80]!r} is not plain UTF-8 text; rename that file, or give a pattern that does "
            "not match it"
        )
