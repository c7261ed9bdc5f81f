"""Records of writes, and the disks that a power cut may leave of them.

What was written to a file is safe after its `sync`; changes of folders (new, renamed and removed names) are safe in
their order, after the `sync` of the folder. Of the rest, a disk may have kept any part: each write whole, not at all,
or torn at a sector, and of the changes of folders the first ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from attrs import define, field, frozen

SECTOR = 512


@frozen
class Change:
    """A line of a record, `path` without the folder; of a mark it is the text, and `target` is of a rename."""

    kind: str
    offset: int
    data: bytes
    path: str
    target: str = ""


@define
class File:
    """A file: its safe content, and what was written since."""

    content: bytearray = field(factory=bytearray)
    waiting: list[Change] = field(factory=list)

    def sync(self) -> None:
        for change in self.waiting:
            _apply(self.content, change)
        self.waiting = []

    def after_a_cut(self, chance: Random) -> bytes:
        """Return the content after a power cut."""
        content = bytearray(self.content)
        for change in self.waiting:
            kept = _kept(change, chance)
            if kept is not None:
                _apply(content, kept)
        return bytes(content)


@define
class Disk:
    """Files by their names now, those of which the name is safe, and changes of names since."""

    now: dict[str, File] = field(factory=dict)
    safe: dict[str, File] = field(factory=dict)
    waiting: list[tuple[Change, File | None]] = field(factory=list)

    @classmethod
    def of(cls, folder: Path) -> Disk:
        """Return a disk on which all files of `folder` are safe."""
        paths = [path for path in folder.rglob("*") if path.is_file()]
        files = {str(path.relative_to(folder)): File(bytearray(path.read_bytes())) for path in paths}
        return cls(dict(files), files)

    def apply(self, change: Change) -> None:
        if change.kind in ("create", "rename", "remove"):
            file = File() if change.kind == "create" else None
            _rename(self.now, change, file)
            self.waiting.append((change, file))
        elif change.kind in ("write", "truncate"):
            self.now[change.path].waiting.append(change)
        elif change.kind == "sync" and change.path in self.now:
            self.now[change.path].sync()
        elif change.kind == "sync":
            self._sync_folder(change.path)

    def left(self, chance: Random) -> dict[str, bytes]:
        """Return the content of the files that a power cut leaves, by name."""
        names = dict(self.safe)
        for change, file in self.waiting[: chance.randrange(len(self.waiting) + 1)]:
            _rename(names, change, file)
        return {name: file.after_a_cut(chance) for name, file in names.items()}

    def _sync_folder(self, folder: str) -> None:
        """Make the changes in a folder safe; those in others stay as they are."""
        waiting, self.waiting = self.waiting, []
        for change, file in waiting:
            if (change.target or change.path).rpartition("/")[0] == folder:
                _rename(self.safe, change, file)
            else:
                self.waiting.append((change, file))


def read_record(record: Path, folder: Path) -> list[Change]:
    """Return the changes of a record, their paths relative to `folder`."""
    return list(_read(record.read_bytes(), f"{folder}/"))


def _read(content: bytes, prefix: str) -> Iterator[Change]:
    at = 0
    while at < len(content):
        end = content.index(b"\n", at)
        kind, offset, length, path, *target = content[at:end].decode().split("\t")
        size = int(length)
        at = end + 1 + size
        names = [(name + "/").removeprefix(prefix).rstrip("/") if kind != "mark" else name for name in (path, *target)]
        yield Change(kind, int(offset), content[end + 1 : at], *names)


def _rename(names: dict[str, File], change: Change, created: File | None) -> None:
    """Apply a change of names."""
    if created is not None:
        names[change.path] = created
    elif change.kind == "remove":
        names.pop(change.path, None)
    elif change.path in names:
        names[change.target] = names.pop(change.path)


def _apply(content: bytearray, change: Change) -> None:
    if change.kind == "truncate":
        del content[change.offset :]
        content.extend(bytes(change.offset - len(content)))
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.data)] = change.data


def _kept(change: Change, chance: Random) -> Change | None:
    """Return what a disk has kept of a write: all, nothing, or its first sectors."""
    choice = chance.random()
    if choice < 0.4:
        return change
    if choice < 0.7 or change.kind == "truncate":
        return None
    first = SECTOR - change.offset % SECTOR
    ends = range(first, len(change.data), SECTOR)
    return Change(change.kind, change.offset, change.data[: chance.choice(ends)], change.path) if ends else None
