"""Payloads of captures: immutable Parquet files, named by their content hash."""

from __future__ import annotations

import base64
import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

from spine.core.errors import StorageError
from spine.core.names import validate_name
from spine.core.tables import require_arrow
from spine.framework.captures.damage import DamagedCaptureError
from spine.framework.captures.digest import ContentHasher, content_hash
from spine.framework.captures.draft import ROW_GROUP_ROWS, Draft, sync_folder
from spine.framework.captures.schema_text import schema_text
from spine.framework.captures.seal import check_seal
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
            sealed = check_seal(path, path.stem)
            if sealed is False:
                raise DamagedCaptureError(path, "is damaged")
            table = _read(path)
            if not sealed and content_hash(table) != path.stem:
                raise DamagedCaptureError(path, "is damaged")
            return table

    def verify(self, location: str, progress: Callable[[int], None] = lambda _bytes: None) -> None:
        """Read the whole file at `location`; DamagedCaptureError if it is missing or damaged.

        `progress` gets the number of bytes of each chunk that was read.
        """
        path = self._path(location)
        with _damage_named(path):
            if not check_seal(path, path.stem, progress):
                self.read(location)

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


def _read(path: Path) -> pa.Table:
    pq = require_arrow("Reading a capture", "pyarrow.parquet")
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        return _as_written(file.read(), file)


def _as_written(table: pa.Table, file: Any) -> pa.Table:
    """Return `table` with its original schema: Parquet has no seconds and stores them as milliseconds."""
    import pyarrow as pa

    encoded = (file.metadata.metadata or {}).get(b"ARROW:schema")
    if encoded is None:
        return table
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(encoded)))
    for index, field in enumerate(schema):
        if not table.schema.field(index).type.equals(field.type):
            table = table.set_column(index, field, table.column(index).cast(field.type))
    return table
