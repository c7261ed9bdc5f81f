"""Payloads of captures: immutable Parquet files, named by their content hash."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
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
from spine.framework.captures.store_lock import store_lock

if TYPE_CHECKING:
    import pyarrow as pa

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


class PayloadStore:
    """Store of payloads as `<name>/<content hash>.parquet` below a folder.

    A file appears under its name only when it is completely on disk; a killed process leaves a hidden temporary file,
    removed a day later. Existing content is not written again unless its file is damaged.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, content_hash: str, table: pa.Table) -> tuple[str, int]:
        """Store `table` and return its location and size.

        Raises StorageError for a disk error, SchemaError for a type that Parquet does not have.
        """
        location = _location(name, content_hash)
        byte_count = self._adopt(location)
        if byte_count is not None:
            return location, byte_count
        with Draft(self.root, name, table.schema, table.nbytes) as draft:
            draft.write(table)
            draft.seal(content_hash)
            return location, draft.publish(self.root / location)

    def write_batches(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> StoredPayload:
        """Store a table given in batches, as `write` does; memory is bounded by a row group, about 64 MiB."""
        hasher = ContentHasher(schema)
        with Draft(self.root, name, schema) as draft:
            for rows in _row_groups(schema, batches):
                hasher.update(rows)
                draft.write(rows)
            digest = hasher.hexdigest()
            draft.seal(digest)
            location = _location(name, digest)
            byte_count = self._adopt(location)
            if byte_count is None:
                byte_count = draft.publish(self.root / location)
        return StoredPayload(location, byte_count, digest, hasher.row_count, schema_text(schema))

    def read(self, location: str) -> pa.Table:
        """Return the table at `location`; DamagedCaptureError if it is missing or damaged."""
        path = self._path(location)
        with _damage_named(path):
            return _open(path).read()

    def scan(self, location: str, *, columns: Sequence[str] | None = None, where: Where = ()) -> pa.RecordBatchReader:
        """Return some columns and rows in bounded memory, as `Payloads.scan` does; only what is needed is read."""
        pa = require_arrow("Reading a capture")
        path = self._path(location)
        with _damage_named(path):
            schema, batches = _open(path).scan(columns, where)
        return pa.RecordBatchReader.from_batches(schema, _named(path, batches))

    def verify(self, location: str, progress: Callable[[int], None] = lambda _bytes: None) -> None:
        """Read the whole file at `location`; DamagedCaptureError if it is missing or damaged.

        `progress` gets the number of bytes of each chunk that was read.
        """
        path = self._path(location)
        with _damage_named(path):
            _open(path).check(progress)

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

    def _path(self, location: str) -> Path:
        relative = PurePosixPath(location)
        if relative.is_absolute() or ".." in relative.parts:
            raise StorageError(f"capture payload {location!r} is not a place below {self.root}")
        return self.root / relative


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
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= ROW_GROUP_ROWS or size >= _ROW_GROUP_BYTES:
            yield pa.Table.from_batches(waiting, schema)
            waiting, rows, size = [], 0, 0
    if waiting:
        yield pa.Table.from_batches(waiting, schema)


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Turn the errors of reading `path` into StorageError, those of its bytes into DamagedCaptureError."""
    pa = require_arrow("Reading a capture")
    try:
        yield
    except FileNotFoundError as error:
        raise DamagedCaptureError(path, "is missing", cause=error) from error
    except OSError as error:
        if error.errno not in (None, errno.EIO):  # pyarrow's own errors have no number
            raise StorageError(f"capture payload {path} cannot be read: {error}", cause=error) from error
        raise DamagedCaptureError(path, f"cannot be read ({error})", cause=error) from error
    except (pa.ArrowException, ValueError) as error:
        raise DamagedCaptureError(path, f"cannot be read ({error})", cause=error) from error


def _named(path: Path, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    with _damage_named(path):
        yield from batches


def _open(path: Path) -> PayloadFile:
    return PayloadFile(LocalBytes(path), path, path.stem)
