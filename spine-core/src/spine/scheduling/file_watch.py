"""Watch of files that schedules wait for: a file that no longer changes is an event, once for its content."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterator, Mapping
from hashlib import file_digest
from itertools import takewhile
from pathlib import Path
from stat import S_ISREG

from attrs import field, frozen

from spine.core.local_glob import matching_paths
from spine.scheduling.occurrence import Occurrences

LOOK_SECONDS = 5.0  # between looks; a file that is the same at two of them is complete
MOST_FILES = 10_000  # of one pattern that are looked at in one look

logger = logging.getLogger("spine.scheduling")

_State = tuple[int, int, int, int]  # size, times of the last change of content and of anything else in ns, inode


@frozen
class FileWatch:
    """Files below `root` by the name of their events and a glob pattern; `look` emits an event for each new content.

    After a start every file is read once, since only its digest tells whether its content is new.
    """

    root: Path
    patterns: Mapping[str, str]
    occurrences: Occurrences
    _seen: dict[tuple[str, str], _State] = field(factory=dict, init=False)
    _done: dict[tuple[str, str], _State] = field(factory=dict, init=False)
    _refused: set[str] = field(factory=set, init=False)

    def look(self) -> int:
        """Emit an event for each file that has not changed since the last look; return the number of new contents."""
        settled = [(name, path) for name, pattern in self.patterns.items() for path in self._settled(name, pattern)]
        return sum(self._emit(name, path) for name, path in settled)

    def _settled(self, name: str, pattern: str) -> Iterator[str]:
        self._check_folder(pattern)
        there = sorted(set(matching_paths(pattern, self.root)))
        found = {(name, path): state for path in self._chosen(name, pattern, there) if (state := self._state(path))}
        for key, state in found.items():
            if self._done.get(key) != state and self._seen.get(key) == state:
                yield key[1]
        present = set(there)
        for known in (self._seen, self._done):
            for key in [key for key in known if key[0] == name and key[1] not in present]:
                del known[key]
        self._seen.update(found)

    def _check_folder(self, pattern: str) -> None:
        """Log that the folder of a pattern may not be read; to a glob it is empty."""
        folder = Path(*takewhile(lambda part: not glob.has_magic(part), Path(pattern).parts[:-1]))
        try:
            os.scandir(self.root / folder).close()
        except PermissionError:
            self._refuse(f"folder {folder} may not be read, and no file of it starts a run: grant this user that right")
        except OSError:  # it may be made later
            return

    def _chosen(self, name: str, pattern: str, there: list[str]) -> list[str]:
        """Return the paths to look at: of too many, those that have not been read are first."""
        if len(there) > MOST_FILES:
            self._refuse(
                f"{pattern!r} matches more than {MOST_FILES:,} files: new ones start runs, and a file that was read "
                "and changes may start none; move away what is done"
            )
            there = sorted(there, key=lambda path: (name, path) in self._done)
        return [path for path in there[:MOST_FILES] if self._is_text(path)]

    def _state(self, path: str) -> _State | None:
        try:
            return _state_of((self.root / path).stat())
        except OSError:
            return None

    def _is_text(self, path: str) -> bool:
        try:
            path.encode()
        except UnicodeEncodeError:
            self._refuse(f"file {path!a} has a name that is no text and starts no run: rename it")
            return False
        return True

    def _emit(self, name: str, path: str) -> bool:
        try:
            with open(self.root / path, "rb", opener=_open_at_once) as file:
                state = _state_of(os.fstat(file.fileno()))
                if state != self._seen.get((name, path)):  # it is another one since the look
                    return False
                digest = file_digest(file, "sha256").hexdigest()
        except OSError as error:
            self._refuse(f"file {path} cannot be read, and starts no run: {error.strerror}")
            return False
        if state is None or state != self._state(path):  # it was written to meanwhile
            return False
        values = {"file": path, "file_name": Path(path).name, "file_stem": Path(path).stem}
        is_new = self.occurrences.emit(name, digest, values)
        self._done[name, path] = state
        return is_new

    def _refuse(self, sentence: str) -> None:
        if sentence not in self._refused:
            self._refused.add(sentence)
            logger.warning("%s", sentence)


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting: a FIFO that took its place has no writer."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # not on every system


def _state_of(found: os.stat_result) -> _State | None:
    is_file = S_ISREG(found.st_mode)
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino) if is_file else None
