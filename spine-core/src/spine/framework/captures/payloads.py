"""Payloads of captures: immutable Parquet files, named by their content hash."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

from spine.core.errors import StorageError
from spine.core.names import validate_name
from spine.core.tables import require_arrow
from spine.framework.captures.conditions import Where, check_columns, conditions
from spine.framework.captures.damage import DamagedCaptureError
from spine.framework.captures.digest import ContentHasher, content_hash
from spine.framework.captures.draft import ROW_GROUP_ROWS, Draft, sync_folder
from spine.framework.captures.payload_file import LocalBytes, PayloadFile
from spine.framework.captures.schema_text import schema_text
from spine.framework.captures.seal import Bytes
from spine.framework.captures.store_lock import store_lock
from spine.framework.captures.stored_file import checked_location, stored_file
from spine.framework.progress import note_data

if TYPE_CHECKING:
    import pyarrow as pa

    from spine.framework.captures.stored_file import StoredFile

_ROW_GROUP_BYTES = 64 * 2**20


@frozen
class StoredPayload:
    """Stored payload and its location; `byte_count` is its stored size."""

    location: str
    byte_count: int
    content_hash: str
    row_count: int
    schema: list[list[str]]


class Payloads(Protocol):
    """Store of tables that are written once."""

    def write(self, name: str, content_hash: str, table: pa.Table) -> tuple[str, int]:
        """Store `table`, whose digest is known, and return its location and size in bytes."""
        ...

    def write_batches(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> StoredPayload:
        """Store a table given in batches, in bounded memory."""
        ...

    def read(self, location: str) -> pa.Table:
        """Return the table at `location`; StorageError if it is missing or damaged."""
        ...

    def scan(self, location: str, *, columns: Sequence[str] | None = None, where: Where = ()) -> pa.RecordBatchReader:
        """Return the chosen columns, in that order, of the rows that fulfil all conditions `(column, operator, value)`.

        Operators are `=`, `==`, `!=`, `<`, `<=`, `>`, `>=`, `in` and `not in`; a null fulfils none. Raises
        ValidationError for an unknown column or operator and for a value that cannot be compared with its column,
        StorageError as `read` does, also while the batches are read.
        """
        ...


class ParquetPayloads(ABC):
    """Store of payloads as `<name>/<content hash>.parquet`; a subclass says where."""

    def write(self, name: str, content_hash: str, table: pa.Table) -> tuple[str, int]:
        """Store `table` and return its location and size.

        Raises StorageError for a disk or network error, SchemaError for a type that Parquet does not have.
        """
        location = _location(name, content_hash)
        byte_count = self._adopt(location)
        if byte_count is not None:
            return location, byte_count
        with self._draft(name, table.schema, table.nbytes) as draft:
            draft.write(table)
            draft.seal(content_hash)
            return location, self._publish(draft, location)

    def write_batches(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> StoredPayload:
        """Store a table given in batches, as `write` does; memory is bounded by a row group, about 64 MiB."""
        hasher = ContentHasher(schema)
        with self._draft(name, schema, None) as draft:
            for rows in _row_groups(schema, batches):
                hasher.update(rows)
                draft.write(rows)
            digest = hasher.hexdigest()
            draft.seal(digest)
            location = _location(name, digest)
            byte_count = self._adopt(location)
            if byte_count is None:
                byte_count = self._publish(draft, location)
        return StoredPayload(location, byte_count, digest, hasher.row_count, schema_text(schema))

    def read(self, location: str) -> pa.Table:
        """Return the table at `location`; DamagedCaptureError if it is missing or damaged."""
        with self._damage_named(location):
            return self._open(location).read()

    def scan(self, location: str, *, columns: Sequence[str] | None = None, where: Where = ()) -> pa.RecordBatchReader:
        """Return some columns and rows in bounded memory, as `Payloads.scan` does; only what is needed is read."""
        pa = require_arrow("Reading a capture")
        with self._damage_named(location):
            schema, batches = self._open(location).scan(columns, where)
        return pa.RecordBatchReader.from_batches(schema, self._named(location, batches))

    def verify(self, location: str, progress: Callable[[int], None] = lambda _bytes: None) -> None:
        """Read the whole file at `location`; DamagedCaptureError if it is missing or damaged.

        `progress` gets the number of bytes of each chunk that was read.
        """
        with self._damage_named(location):
            self._open(location).check(progress)

    def holds(self, location: str) -> bool:
        """Return whether there is a file at `location`, whatever its content."""
        try:
            self._bytes(location)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageError(f"cannot read {self.place(location)}: {error.strerror or error}", cause=error) from error
        return True

    @abstractmethod
    def place(self, location: str) -> Path | str:
        """Return the path or URL of the file at `location`, which is below the store."""

    @abstractmethod
    def files(self) -> Iterator[StoredFile]:
        """Yield each file of the store, in the order of their locations."""

    @abstractmethod
    def remove(self, file: StoredFile) -> bool:
        """Delete a file as it was found by `files`; return False if it is gone or was taken into use since."""

    @abstractmethod
    def _draft(self, name: str, schema: pa.Schema, byte_count: int | None) -> Draft:
        """Return a draft on this machine's disk."""

    @abstractmethod
    def _publish(self, draft: Draft, location: str) -> int:
        """Make a sealed draft visible at `location`, all at once, and return its size."""

    @abstractmethod
    def _adopt(self, location: str) -> int | None:
        """Return the size of an existing file that a new capture uses; None if there is none, or it is damaged."""

    @abstractmethod
    def _bytes(self, location: str) -> Bytes:
        """Open the file at `location`; FileNotFoundError if there is none."""

    def _open(self, location: str) -> PayloadFile:
        place = self.place(location)
        return PayloadFile(self._bytes(location), place, PurePosixPath(location).stem)

    def _named(self, location: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with self._damage_named(location):
            yield from batches

    @contextmanager
    def _damage_named(self, location: str) -> Iterator[None]:
        """Turn the errors of reading a file into StorageError, those of its bytes into DamagedCaptureError."""
        pa = require_arrow("Reading a capture")
        place = self.place(location)
        try:
            yield
        except FileNotFoundError as error:
            raise DamagedCaptureError(place, "is missing", cause=error) from error
        except OSError as error:
            if error.errno not in (None, errno.EIO):  # pyarrow's own errors have no number
                raise StorageError(f"capture payload {place} cannot be read: {error}", cause=error) from error
            raise DamagedCaptureError(place, f"cannot be read ({error})", cause=error) from error
        except (pa.ArrowException, ValueError) as error:
            raise DamagedCaptureError(place, f"cannot be read ({error})", cause=error) from error


class PayloadStore(ParquetPayloads):
    """Store of payloads as `<name>/<content hash>.parquet` below a folder.

    A file appears under its name only when it is completely on disk; a killed process leaves a hidden temporary file,
    removed a day later. Existing content is not written again unless its file is damaged.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def place(self, location: str) -> Path:
        """Return the path of the file at `location`; StorageError if it would not be below the folder."""
        return self.root / checked_location(location, self.root)

    def has(self, location: str) -> bool:
        """Return True if there is a file at `location`, also one that another machine has just written."""
        path = self.place(location)
        if path.exists():
            return True
        for folder in (self.root, path.parent):
            with suppress(OSError):
                list(folder.iterdir())  # a network file system forgets what it knew of it
        return path.exists()

    def files(self) -> Iterator[StoredFile]:
        """Yield each file of the store, in the order of their locations."""
        for path in sorted(self.root.glob("*/*")):
            with suppress(FileNotFoundError):  # published or removed since the folder was read
                if (found := self._file(path.relative_to(self.root).as_posix())) is not None:
                    yield found

    def remove(self, file: StoredFile) -> bool:
        """Delete a file as it was found by `files`; return False if it is gone or was taken into use since."""
        path = self.place(file.location)
        try:
            with store_lock(self.root, exclusive=True):
                if self._file(file.location) != file:
                    return False
                path.unlink()
        except FileNotFoundError:  # removed by another process
            return False
        except OSError as error:
            raise StorageError(f"cannot remove {path}: {error.strerror or error}", cause=error) from error
        return True

    def _file(self, location: str) -> StoredFile | None:
        status = (self.root / location).stat()
        return stored_file(location, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def _draft(self, name: str, schema: pa.Schema, byte_count: int | None) -> Draft:
        return Draft(self.root, name, schema, byte_count)

    def _publish(self, draft: Draft, location: str) -> int:
        return draft.publish(self.root / location)

    def _bytes(self, location: str) -> Bytes:
        return LocalBytes(self.root / location)

    def _adopt(self, location: str) -> int | None:
        """Return the size of an existing file that a new capture may use; None if there is none, or it is damaged.

        Its time is renewed first: files that nothing refers to are removed by their age.
        """
        path = self.root / location
        try:
            if not path.exists():
                return None
            with store_lock(self.root, exclusive=False):
                os.utime(path)
            self.verify(location)
            sync_folder(path.parent)  # the process that wrote it may have died before its sync
            return path.stat().st_size
        except (FileNotFoundError, DamagedCaptureError):
            return None
        except OSError as error:
            raise StorageError(f"cannot use capture payload {path}: {error.strerror or error}", cause=error) from error


class MemoryPayloads:
    """Store of tables in memory."""

    def __init__(self) -> None:
        self._tables: dict[str, pa.Table] = {}

    def write(self, name: str, content_hash: str, table: pa.Table) -> tuple[str, int]:
        """Store `table` and return its location and its size in memory."""
        kept = self._tables.setdefault(_location(name, content_hash), table)
        return _location(name, content_hash), kept.nbytes

    def write_batches(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> StoredPayload:
        """Store a table given in batches."""
        import pyarrow as pa

        table = pa.Table.from_batches(batches, schema)
        digest = content_hash(table)
        location, byte_count = self.write(name, digest, table)
        return StoredPayload(location, byte_count, digest, table.num_rows, schema_text(schema))

    def read(self, location: str) -> pa.Table:
        """Return the table at `location`; StorageError if there is none."""
        try:
            return self._tables[location]
        except KeyError:
            raise StorageError(f"capture payload {location!r} is not in this process's memory") from None

    def scan(self, location: str, *, columns: Sequence[str] | None = None, where: Where = ()) -> pa.RecordBatchReader:
        """Return some columns and rows, as `Payloads.scan` does."""
        table = self.read(location)
        wanted = None if columns is None else check_columns(table.schema, columns)
        found = conditions(table.schema, where).filter(table)
        return (found if wanted is None else found.select(wanted)).to_reader()


def _location(name: str, content_hash: str) -> str:
    return f"{validate_name(name, 'capture name')}/{content_hash}.parquet"


def _row_groups(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Join small batches: each table written is a row group, and many small row groups make a file slow and large."""
    import pyarrow as pa

    waiting: list[Any] = []
    rows = size = 0
    for batch in batches:
        waiting.append(batch)
        note_data("captured", rows=batch.num_rows, size=batch.nbytes)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= ROW_GROUP_ROWS or size >= _ROW_GROUP_BYTES:
            yield pa.Table.from_batches(waiting, schema)
            waiting, rows, size = [], 0, 0
    if waiting:
        yield pa.Table.from_batches(waiting, schema)
