"""Files of paths, on this machine, in an object store or on a server, with one interface."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, cast

from attrs import frozen

from spine.core.clock import MOST_AHEAD, utc_now
from spine.core.errors import SourceError, SourceNotFoundError, SourceUnavailableError, ValidationError
from spine.core.suggest import did_you_mean
from spine.framework.sources.warnings import warn
from spine_sources_file.location import is_url, local_names, matching_files, placeholders, values_in_use
from spine_sources_file.remote import matching_urls, url_names
from spine_sources_file.typed import reading


class StoredFile(Protocol):
    """Local or remote file; `label` is its path or URL, and its suffix names the compression."""

    @property
    def label(self) -> str: ...

    def open(self) -> BinaryIO:
        """Open it for random-access reading of its bytes."""
        ...

    def size(self) -> int:
        """Return the stored size in bytes."""
        ...

    def modified(self) -> datetime | None:
        """Return the time of its last modification, None if unknown."""
        ...


@frozen
class LocalFile:
    """Local file."""

    label: str

    def open(self) -> BinaryIO:
        """Open it; a block ends with the check that it was not written to meanwhile."""
        return cast("BinaryIO", _Unchanged(io.FileIO(self.label), self.label))

    def size(self) -> int:
        return Path(self.label).stat().st_size

    def modified(self) -> datetime | None:
        return datetime.fromtimestamp(Path(self.label).stat().st_mtime, UTC)


class _Unchanged(io.BufferedReader):
    """Buffered stream of a local file that must not change while it is read; one that was replaced did not."""

    raw: io.FileIO

    def __init__(self, raw: io.FileIO, label: str) -> None:
        super().__init__(raw)
        self._label = label
        self._before = self._after = os.fstat(raw.fileno())

    def close(self) -> None:
        if not self.closed:  # a decompressor may have closed it
            self._after = os.fstat(self.fileno())
        super().close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if kind is not None and not issubclass(kind, SourceError):
            return
        before, after = self._before, self._after
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            # also instead of an error of the content, such as a row that was cut in two
            raise SourceUnavailableError(f"{self._label} was written to while it was read; fetch it again") from error


class Finder(Protocol):
    """Place of files that are found by path: this machine, an object store, a server."""

    def files(self, path: str) -> Sequence[StoredFile]:
        """Return the files of a filled path or glob, sorted, at least one; SourceNotFoundError if there is none."""
        ...

    def names(self, pattern: str) -> Iterable[str]:
        """Return the paths of the files that a glob matches, written as `pattern` is."""
        ...


class PathsAndUrls:
    """Finder of files on this machine, and of those whose URL fsspec supports."""

    def files(self, path: str) -> Sequence[StoredFile]:
        return matching_urls(path) if is_url(path) else [LocalFile(str(file)) for file in matching_files(path)]

    def names(self, pattern: str) -> Iterable[str]:
        return url_names(pattern) if is_url(pattern) else local_names(pattern)


def find_files(finder: Finder, paths: Iterable[str], settle_seconds: float | None = None) -> list[StoredFile]:
    """Return the files of filled paths, each once: path after path, those of a glob sorted.

    A path without a file is a SourceNotFoundError. Of a glob, files modified less than `settle_seconds` ago
    are skipped; if a named file, or every file of a glob, is that young, this is a SourceUnavailableError.
    """
    found: dict[str, StoredFile] = {}
    for path in paths:
        with reading(path):
            files = finder.files(path)
        settled = files if settle_seconds is None else _settled(files, settle_seconds)
        found |= {file.label: file for file in settled if file.label not in found}
    return list(found.values())


def known_values(finder: Finder, paths: Iterable[str], name: str, params: Mapping[str, Any]) -> list[str]:
    """Return the values that the placeholder `{name}` takes among the files that exist, sorted."""
    found: set[str] = set()
    patterns = list(paths)
    known = [placeholder for path in patterns for placeholder in placeholders(path)]
    if name not in known:
        raise ValidationError(
            f"{', '.join(patterns)} has no placeholder {name!r}{did_you_mean(name, known)}", field=name
        )
    for path in patterns:
        if name in placeholders(path):
            found |= values_in_use(path, name, params, finder.names)
    return sorted(found)


def _settled(files: Sequence[StoredFile], seconds: float) -> list[StoredFile]:
    """Return the files that were modified so long ago; SourceUnavailableError if there is none."""
    ages = [(file, age) for file in files if (age := _age(file)) is not None]
    settled = [file for file, age in ages if age >= seconds]
    for file, age in ages:
        if age >= -MOST_AHEAD.total_seconds():
            continue
        said = (
            f"it is dated {file.modified():%Y-%m-%d %H:%M:%S} UTC, which is yet to come, and settle_seconds does not "
            "tell whether it is complete; correct its time, or the clock"
        )
        if not settled:
            raise SourceUnavailableError(f"{file.label} cannot be read: {said}")
        warn(f"{file.label} is passed over: {said}")
    if not ages:
        raise SourceUnavailableError(f"{files[0].label} does not exist any more: fetch it again")
    if not settled:
        raise SourceUnavailableError(
            f"{ages[0][0].label} was written to {max(0.0, ages[0][1]):.3g} s ago and may not be complete: "
            f"settle_seconds is {seconds:g}",
            retry_after=max(1, round(seconds)),
        )
    return settled


def _age(file: StoredFile) -> float | None:
    """Return the seconds since a file was modified, without a known time infinity; None if it has vanished."""
    try:
        with reading(file.label):
            modified = file.modified()
    except SourceNotFoundError:
        return None
    return float("inf") if modified is None else (utc_now() - modified).total_seconds()
