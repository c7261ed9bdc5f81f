"""Draft of a Parquet file, invisible until it is completely on disk."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from spine.core.errors import SchemaError, StorageError
from spine.core.ids import new_id
from spine.core.names import validate_name
from spine.core.private import make_folder, open_file
from spine.framework.captures.payload_file import starts_of_chunks
from spine.framework.captures.seal import seal
from spine.framework.captures.store_lock import store_lock

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP_ROWS = 262_144
_DICTIONARY_BYTES = 262_144  # a column whose values differ more is written without: looking them up costs most
_ABANDONED_SECONDS = 86_400  # a temporary file unchanged for a day belongs to a dead process
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Draft:
    """Payload of capture `name`, written to a hidden file beside its final path and moved there by `publish`.

    Leaving the `with` block removes an unpublished file. `byte_count` is the approximate final size, if known.
    A disk error is a StorageError, a type that Parquet does not have a SchemaError.
    """

    def __init__(self, root: Path, name: str, schema: pa.Schema, byte_count: int | None = None) -> None:
        self._name = name
        self._folder = root / validate_name(name, "capture name")
        self._path = self._folder / f".{new_id()}.tmp"
        self._schema = schema.remove_metadata()
        self._byte_count = byte_count
        self._closing = ExitStack()
        self._file: Any = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        import pyarrow.parquet as pq

        self._closing.callback(self._remove)
        try:
            with self._translated():
                make_folder(self._folder)
                _sweep(self._folder)
                # a Python file: pyarrow's own files report a full disk without errno
                self._file = open(self._path, "x+b", opener=open_file)
                self._closing.callback(_close_quietly, self._file)
                self._writer = pq.ParquetWriter(
                    self._file,
                    self._schema,
                    compression="zstd",
                    write_page_checksum=True,
                    dictionary_pagesize_limit=_DICTIONARY_BYTES,
                )
                self._closing.callback(_close_quietly, self._writer)
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._closing.close()

    def write(self, table: pa.Table) -> None:
        """Add the rows of `table`."""
        with self._translated():
            self._writer.write_table(table.replace_schema_metadata(None), row_group_size=ROW_GROUP_ROWS)

    def seal(self, content_hash: str) -> None:
        """Complete the file, seal it for its content, and sync it to disk."""
        with self._translated():
            self._writer.close()
            self._file.flush()
            seal(self._file, content_hash, starts_of_chunks)
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    @property
    def path(self) -> Path:
        """The hidden file."""
        return self._path

    def publish(self, path: Path) -> int:
        """Move the sealed file to `path`, in place of one that is there, and return its size."""
        with self._translated():
            with store_lock(self._folder.parent, exclusive=False):
                os.utime(self._path)
                self._path.replace(path)
            for folder in (self._folder, self._folder.parent):  # the parent too: the folder may be new
                sync_folder(folder)
            return path.stat().st_size

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
            raise SchemaError(f"capture {self._name!r} cannot be kept as Parquet: {error}", cause=error) from error
        except OSError as error:
            problem = f"cannot write capture {self._name!r} to {self._folder}: {error.strerror or error}"
            if error.errno in _NO_ROOM:
                problem += self._room()
            raise StorageError(problem, cause=error) from error

    def _room(self) -> str:
        written = self._path.stat().st_size if self._path.exists() else 0
        needed = f"more than {written:,}" if self._byte_count is None else f"up to {max(self._byte_count, written):,}"
        return f"; it needs {needed} bytes, and {shutil.disk_usage(self._folder).free:,} are free there"

    def _remove(self) -> None:
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def _close_quietly(file: Any) -> None:
    with suppress(OSError, ValueError):  # closing flushes the rest, to a disk that may have failed before
        file.close()


def _sweep(folder: Path) -> None:
    for temporary in folder.glob(".*.tmp"):
        with suppress(OSError):  # another process may clean up too
            if time.time() - temporary.stat().st_mtime > _ABANDONED_SECONDS:
                temporary.unlink()


def sync_folder(folder: Path) -> None:
    """Sync the directory entries of `folder` to disk."""
    if os.name != "posix":
        return  # on other systems a folder cannot be opened, and a rename needs no sync
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
