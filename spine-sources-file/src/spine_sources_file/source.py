"""Sources of files: one file or many, by path, glob and parameters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from spine.core.configured import configured_by
from spine.core.errors import (
    SourceError,
    SourceNotFoundError,
    SourceUnavailableError,
    SpineError,
    ValidationError,
)
from spine.core.hashing import hash_json
from spine.core.scope import current_scope
from spine.formats.fileformat import FileFormat
from spine.framework.rejects import quarantine
from spine.framework.sources.fetches import FetchStore, MemoryFetchStore, recorded
from spine.framework.sources.result import SourceFile, SourceResult, SourceType
from spine.framework.sources.source import BaseSource
from spine.framework.work import current_work
from spine_sources_file.columns import Row
from spine_sources_file.config import FileSourceConfig
from spine_sources_file.files import Finder, PathsAndUrls, StoredFile, find_files, known_values
from spine_sources_file.fileset import FileSet
from spine_sources_file.location import fill
from spine_sources_file.reader import Part
from spine_sources_file.setdigest import hash_of, set_digest

if TYPE_CHECKING:
    import pyarrow as pa


class BaseFileSource(BaseSource):
    """Base of a source of files: how they are read. A subclass says where they are, with `finder`.

    Its `source_type` is an attribute of the class, its options are those of FileSourceConfig or a subclass.
    """

    source_type: SourceType | str

    def __init__(self, options: FileSourceConfig) -> None:
        self._options = options
        super().__init__(options.name, self.source_type, domain=options.domain, config=options.to_dict())
        self._format = options.file_format

    @abstractmethod
    def finder(self) -> AbstractContextManager[Finder]:
        """Return the finder of the files for one fetch, stream or question, closed at its end."""

    def label(self, path: str) -> str:
        """Return how a path is shown, in the history too, and how the labels of its files begin."""
        return path

    @property
    def path(self) -> str:
        """The path as it was given, with its placeholders; the paths of a list with commas between them."""
        return ", ".join(self._options.paths)

    @property
    def format(self) -> FileFormat:
        """The format that was given, or that the suffix names."""
        return self._format

    @property
    def supports_streaming(self) -> bool:
        """True if `stream` and `batches` work: for every format but JSON documents."""
        return self._format is not FileFormat.JSON

    def locator(self, params: dict[str, Any] | None = None) -> str:
        """Return the path with its placeholders filled; a missing or unsafe parameter is a ValidationError."""
        return ", ".join(self._labels(self._filled(params)))

    def placeholder_values(self, name: str, params: dict[str, Any] | None = None) -> list[str]:
        """Return the values that `{name}` takes among the files that exist, sorted; `params` fixes other ones."""
        with self.finder() as finder:
            return known_values(finder, self._options.paths, name, params or {})

    @recorded
    def fetch(self, params: dict[str, Any] | None = None) -> SourceResult:
        """Return the rows of every file, files in the order of their paths; a failure is a failed result.

        In a run, quarantined rows are stored when it completes.
        """
        paths = self._filled(params)
        with self.finder() as finder:
            files = FileSet(self._files(finder, paths), self._options, self.name)
            with _there():
                parts = files.read()
        data, inferred = files.assemble(parts)
        labels = self._labels(paths)
        modified = [part.modified for part in parts if part.modified is not None]
        if current_work() is not None:
            quarantine(files.bad.rejects)
        metadata = self._create_metadata(
            params,
            path=", ".join(labels),
            content_hash=set_digest(labels, [(part.label, part.digest) for part in parts]),
            bytes_fetched=sum(part.size for part in parts),
            last_modified=max(modified).isoformat() if modified else None,
            renamed_columns={new: old for part in parts for new, old in part.renamed.items()},
            inferred_types={name: str(kind) for name, kind in inferred.items()},
            bad_row_count=files.bad.count,
            files=[_described(part) for part in parts],
        )
        result = SourceResult.ok(data, metadata)
        result.rejects = files.bad.rejects
        return result

    def stream(self, params: dict[str, Any] | None = None, batch_size: int = 1000) -> Iterator[list[Row]]:
        """Yield lists of `batch_size` rows, the last one shorter, in memory independent of the files' size.

        Quarantined rows go to the run, or to the project outside of a run.
        """
        with self._named_errors(), self._files_to_stream(params, batch_size) as files:
            rows = files.rows(batch_size)
            taken = 0
            while batch := list(islice(rows, batch_size)):
                taken += len(batch)
                quarantine(files.bad.take())
                yield batch
            quarantine(files.bad.take())
            files.bad.check(taken)

    def batches(self, params: dict[str, Any] | None = None, batch_size: int = 10_000) -> Iterator[pa.RecordBatch]:
        """Yield Arrow record batches of one schema and at most `batch_size` rows, in memory as `stream` does."""
        with self._named_errors(), self._files_to_stream(params, batch_size) as files:
            taken = 0
            for table in files.tables(batch_size):
                taken += table.num_rows
                quarantine(files.bad.take())
                yield from table.to_batches(batch_size)
            quarantine(files.bad.take())
            files.bad.check(taken)

    def get_cache_key(self, params: dict[str, Any] | None = None) -> str:
        """Return a key that is the same for the same path and parameters."""
        given = {name: str(value) for name, value in (params or {}).items()}
        return f"{self.name}:{hash_json([self.locator(params), given])}"

    def has_changed(
        self,
        params: dict[str, Any] | None = None,
        last_hash: str | None = None,
        last_etag: str | None = None,
        last_modified: str | datetime | None = None,
    ) -> bool:
        """Return whether the files differ from what the hints describe.

        The hash decides where one is given, else an equal time of modification says unchanged; True without hints and
        for files that cannot be read. Files have no ETag. Files of another size than that hash was recorded with are
        not hashed again.
        """
        try:
            paths = self._filled(params)
            with self.finder() as finder:
                files = self._files(finder, paths)
                if last_hash is not None:
                    labels = self._labels(paths)
                    return self._has_other_size(labels, files, last_hash) or last_hash != hash_of(labels, files)
                times = [file.modified() for file in files]
        except (SpineError, OSError):
            return True
        known = [time for time in times if time is not None]
        return last_modified is None or len(known) < len(times) or max(known) != _as_time(last_modified)

    def _has_other_size(self, labels: Sequence[str], files: Sequence[StoredFile], last_hash: str) -> bool:
        store = current_scope().get(FetchStore, MemoryFetchStore)  # type: ignore[type-abstract]  # a key, never called
        last = store.last_success(self.name, ", ".join(labels), current_work())
        if last is None or last.content_hash != last_hash or last.byte_count is None:
            return False
        return sum(file.size() for file in files) != last.byte_count

    def _filled(self, params: Mapping[str, Any] | None) -> list[str]:
        return [fill(path, params or {}) for path in self._options.paths]

    def _labels(self, paths: Iterable[str]) -> list[str]:
        return [self.label(path) for path in paths]

    def _files(self, finder: Finder, paths: Iterable[str]) -> list[StoredFile]:
        return find_files(finder, paths, self._options.settle_seconds)

    @contextmanager
    def _files_to_stream(self, params: dict[str, Any] | None, batch_size: int) -> Iterator[FileSet]:
        if batch_size < 1:
            raise ValidationError(f"batch_size is {batch_size}: use 1 or more", field="batch_size", value=batch_size)
        if not self.supports_streaming:
            raise SourceError(f"Streaming not supported for {self._format.value} files: use fetch()")
        paths = self._filled(params)
        with self.finder() as finder:
            files = FileSet(self._files(finder, paths), self._options, self.name)
            with _there():
                yield files

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Raise every failure as a typed error that names this source."""
        try:
            yield
        except SpineError as error:
            self._wrap_error(error)
            raise
        except Exception as error:
            raise self._wrap_error(error) from error


class FileSource(BaseFileSource):
    """Rows of delimited text, JSON, JSON Lines, Parquet or Arrow IPC files.

    `path` may be a glob, a URL that fsspec supports or a list of these, may hold `{name}` placeholders that the
    parameters of a fetch fill, and need not exist yet. Cells of delimited text are text, unchanged. The options are
    those of FileSourceConfig.
    """

    source_type = SourceType.FILE

    @configured_by(FileSourceConfig)
    def __init__(self, options: FileSourceConfig) -> None:
        super().__init__(options)

    def finder(self) -> AbstractContextManager[Finder]:
        return nullcontext(PathsAndUrls())


@contextmanager
def _there() -> Iterator[None]:
    """Read files that were found; one that is gone since may be missing from the next list, and the others be read."""
    try:
        yield
    except SourceNotFoundError as error:
        raise SourceUnavailableError(f"{error.message} any more; fetch it again", cause=error) from error


def _described(part: Part) -> SourceFile:
    modified = None if part.modified is None else part.modified.isoformat()
    return SourceFile(part.label, part.digest, part.size, modified, part.row_count)


def _as_time(value: str | datetime) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
