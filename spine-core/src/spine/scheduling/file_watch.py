"""Watch of files that schedules wait for: a file that no longer changes is an event, once for its content."""

from __future__ import annotations

import glob
import logging
from collections.abc import Iterator, Mapping
from hashlib import file_digest
from pathlib import Path
from stat import S_ISREG

from attrs import field, frozen

from spine.scheduling.occurrence import Occurrences

LOOK_SECONDS = 5.0  # between looks; a file that is the same at two of them is complete
MOST_FILES = 10_000  # of one pattern

logger = logging.getLogger("spine.scheduling")

_State = tuple[int, int, int]  # size, time of the last change in ns, inode


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
        found = {(name, path): state for path in self._matches(pattern) if (state := _state(self.root / path))}
        for key, state in found.items():
            if self._done.get(key) != state and self._seen.get(key) == state:
                yield key[1]
        for key in [key for key in (*self._seen, *self._done) if key[0] == name and key not in found]:
            self._seen.pop(key, None)
            self._done.pop(key, None)
        self._seen.update(found)

    def _matches(self, pattern: str) -> list[str]:
        every = glob.iglob(pattern, root_dir=self.root, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute one
        found = sorted(every)
        if len(found) > MOST_FILES:
            self._refuse(f"{pattern!r} matches {len(found):,} files, and only the first {MOST_FILES:,} are watched")
        return [path for path in found[:MOST_FILES] if self._is_text(path)]

    def _is_text(self, path: str) -> bool:
        try:
            path.encode()
        except UnicodeEncodeError:
            self._refuse(f"file {path!a} has a name that is no text and starts no run: rename it")
            return False
        return True

    def _emit(self, name: str, path: str) -> bool:
        state = _state(self.root / path)
        try:
            with (self.root / path).open("rb") as file:
                digest = file_digest(file, "sha256").hexdigest()
        except OSError as error:
            self._refuse(f"file {path} cannot be read, and starts no run: {error.strerror}")
            return False
        if state is None or state != _state(self.root / path):  # it was written to meanwhile
            return False
        values = {"file": path, "file_name": Path(path).name, "file_stem": Path(path).stem}
        is_new = self.occurrences.emit(name, digest, values)
        self._done[name, path] = state
        return is_new

    def _refuse(self, sentence: str) -> None:
        if sentence not in self._refused:
            self._refused.add(sentence)
            logger.warning("%s", sentence)


def _state(path: Path) -> _State | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino) if S_ISREG(found.st_mode) else None
