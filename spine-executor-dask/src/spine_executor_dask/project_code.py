"""Code of a project, compared between this process and the workers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from attrs import asdict, frozen

from spine.core.hashing import hash_file, hash_json

_imported: dict[Path, str | None] = {}  # of a worker: files and their digests when its first task began


@frozen
class ProjectCode:
    """Files below the project's folder that the caller has imported, and their digest there."""

    root: str
    files: Sequence[str]
    digest: str

    @classmethod
    def imported(cls, root: str) -> ProjectCode:
        """Return the modules that this process has imported from the project's folder."""
        files = sorted(_below(root))
        return cls(root, files, _digest(root, files, keep=False))

    def to_dict(self) -> dict[str, object]:
        return asdict(self)

    def is_same_here(self, *, keep: bool) -> bool:
        """Return True if the files are the same in this process; `keep` what they are, since it imports them now."""
        found = _kept(self.root, tuple(self.files)) if keep else _digest(self.root, self.files, keep=False)
        return found == self.digest


def _below(root: str) -> set[str]:
    """Return the files of the modules below a folder, but not those of an environment in it."""
    folder, environment, found = Path(root).resolve(), Path(sys.prefix).resolve(), set()
    is_inside = environment.is_relative_to(folder)
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.endswith(".py"):
            continue
        path = Path(file).resolve()
        if path.is_relative_to(folder) and not (is_inside and path.is_relative_to(environment)):
            found.add(str(path.relative_to(folder)))
    return found


@cache
def _kept(root: str, files: tuple[str, ...]) -> str:
    return _digest(root, files, keep=True)


def _digest(root: str, files: Sequence[str], *, keep: bool) -> str:
    """Return the digest of files, as they were imported here; one that cannot be read counts, too."""
    digests: dict[str, str | None] = {}
    for name in files:
        path = Path(root, name)
        digests[name] = _imported[path] if path in _imported else _hash(path)
        if keep:
            _imported[path] = digests[name]
    return hash_json(digests)


def _hash(path: Path) -> str | None:
    try:
        return hash_file(path)
    except OSError:
        return None
