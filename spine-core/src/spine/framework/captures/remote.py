"""Store of payloads on another machine, through fsspec, which is imported on first use."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from spine.core.classification import ErrorCategory, classify
from spine.core.errors import ConfigError, StorageError
from spine.core.ids import new_id
from spine.core.masking import hide_secrets
from spine.framework.captures.draft import Draft
from spine.framework.captures.payloads import ParquetPayloads
from spine.framework.captures.stored_file import StoredFile, checked_location, stored_file

if TYPE_CHECKING:
    import pyarrow as pa

    from spine.framework.captures.seal import Bytes

_ATOMIC = {"s3", "s3a", "gs", "gcs"}  # an object appears complete, or not at all: no temporary key is needed
_TEMPORARY = {errno.EAGAIN, errno.EBUSY, errno.EIO, errno.ETIMEDOUT}
_PASSING = ("ConnectionError", "TimeoutError", "HTTPClientError")  # ends of class names of botocore and aiohttp
_LIKELY = 2**16  # bytes at the end of a file that mostly hold its footer and seal
_TIMES = ("LastModified", "last_modified", "mtime", "modified", "updated", "created")


class RemotePayloads(ParquetPayloads):
    """Store of payloads as `<name>/<content hash>.parquet` below a URL that fsspec supports.

    A payload is completed on this machine's disk and then uploaded, so that no reader gets a part of it. The same
    content is uploaded each time it is captured, which repairs a damaged object and renews the age that protects it
    from `gc`.
    Errors of the network and of rights are StorageErrors, retryable where they may pass.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self.url = url.rstrip("/")
        self._scheme = url.partition("://")[0]
        self._filesystem, self._root = _filesystem(url, options)

    def place(self, location: str) -> str:
        """Return the URL of the file at `location`; StorageError if it would not be below the store."""
        return f"{self.url}/{checked_location(location, self.url)}"

    def files(self) -> Iterator[StoredFile]:
        """Yield each file of the store, in the order of their locations."""
        for path, info in sorted(self._found().items()):
            location = path.removeprefix(self._root).lstrip("/")
            found = stored_file(location, int(info["size"] or 0), self._modified(path, info))
            if found is not None:
                yield found

    def remove(self, file: StoredFile) -> bool:
        """Delete a file as it was found by `files`; return False if it is gone or was written again since."""
        path = self._path(file.location)
        try:
            with self._told(f"remove {self.place(file.location)}"):
                info = self._filesystem.info(path)
                if stored_file(file.location, int(info["size"]), self._modified(path, info)) != file:
                    return False
                self._filesystem.rm_file(path)
        except FileNotFoundError:
            return False
        return True

    def _draft(self, name: str, schema: pa.Schema, byte_count: int | None) -> Draft:
        return _TemporaryDraft(name, schema, byte_count)

    def _publish(self, draft: Draft, location: str) -> int:
        path, size = self._path(location), draft.path.stat().st_size
        with self._told(f"write {self.place(location)}", missing_is_known=False):
            if self._scheme in _ATOMIC:
                self._filesystem.put_file(str(draft.path), path)
                return size
            temporary = f"{path.rpartition('/')[0]}/.{new_id()}.tmp"
            self._filesystem.put_file(str(draft.path), temporary)
            self._filesystem.mv(temporary, path)
            return size

    def _adopt(self, location: str) -> int | None:
        return None

    def _bytes(self, location: str) -> Bytes:
        return _RemoteBytes(self._read, self._size, self._path(location))

    def _size(self, path: str) -> int:
        with self._told(f"read {self._shown(path)}"):
            return int(self._filesystem.info(path)["size"])

    def _read(self, path: str, start: int, stop: int) -> bytes:
        with self._told(f"read {self._shown(path)}"):
            return bytes(self._filesystem.cat_file(path, start=start, end=stop))

    def _found(self) -> dict[str, Any]:
        try:
            with self._told(f"list {self.url}"):
                found: dict[str, Any] = self._filesystem.find(self._root, detail=True)
                return found
        except FileNotFoundError:
            return {}

    def _modified(self, path: str, info: Mapping[str, Any]) -> datetime:
        found = next((info[key] for key in _TIMES if info.get(key) is not None), None)
        if isinstance(found, str):
            found = datetime.fromisoformat(found)
        elif isinstance(found, int | float):
            found = datetime.fromtimestamp(found, UTC)
        elif not isinstance(found, datetime):
            found = self._filesystem.modified(path)
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def _path(self, location: str) -> str:
        return f"{self._root}/{checked_location(location, self.url)}"

    def _shown(self, path: str) -> str:
        return f"{self.url}{path.removeprefix(self._root)}"

    @contextmanager
    def _told(self, action: str, *, missing_is_known: bool = True) -> Iterator[None]:
        """Turn the errors of fsspec and its libraries into StorageError; a file that is not there stays one."""
        try:
            yield
        except FileNotFoundError as error:
            if missing_is_known:
                raise
            raise StorageError(f"cannot {action}: {_text(error)}: does the bucket exist?", cause=error) from error
        except Exception as error:  # each file system of fsspec has errors of its own
            raise _storage_error(action, error) from error


class _TemporaryDraft(Draft):
    """Draft in a folder of its own, which ends with the `with` block."""

    def __init__(self, name: str, schema: pa.Schema, byte_count: int | None) -> None:
        folder = TemporaryDirectory(prefix="spine-capture-")
        super().__init__(Path(folder.name), name, schema, byte_count)
        self._closing.callback(folder.cleanup)


class _RemoteBytes:
    """Bytes of a remote file; its end is read once, the rest by requests of ranges."""

    def __init__(self, read: Callable[[str, int, int], bytes], size: Callable[[str], int], path: str) -> None:
        self._read, self._path = read, path
        self.size = size(path)
        self._end_from = max(0, self.size - _LIKELY)
        self._end = read(path, self._end_from, self.size) if self.size else b""

    def read(self, start: int, stop: int) -> bytes:
        if start >= self._end_from:
            return self._end[start - self._end_from : max(0, stop - self._end_from)]
        return self._read(self._path, start, min(stop, self.size))


def _filesystem(url: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """Return the file system and the path of the store in it; ConfigError for a URL that cannot be a store."""
    scheme, _, rest = url.partition("://")
    if "@" in rest.partition("/")[0]:
        raise ConfigError("[spine] store holds credentials: leave them to the environment, or to [spine] store_options")
    if scheme in ("http", "https"):
        raise ConfigError(f"[spine] store: {scheme} URLs can only be read: use a folder, or a URL such as s3://bucket")
    plain = {key: _plain(value) for key, value in options.items()}
    try:
        fsspec = import_module("fsspec")
        filesystem, path = fsspec.url_to_fs(url, use_listings_cache=False, **plain)
    except ImportError as error:
        more = "" if error.name == "fsspec" or scheme in ("s3", "s3a") else f" ({_text(error)})"
        raise ConfigError(
            f"[spine] store {scheme}://... needs packages that are not installed: "
            f"pip install 'spine-core[remote]'{more}",
            cause=error,
        ) from error
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"[spine] store: {scheme!r} is no scheme that fsspec knows, or store_options do not fit it: {_text(error)}",
            cause=error,
        ) from error
    return filesystem, path.rstrip("/")


def _plain(value: Any) -> Any:
    """Return a setting without the marks of a text that came by reference, of which other libraries know nothing."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _storage_error(action: str, error: Exception) -> StorageError:
    known = classify(error)
    names = [cls.__name__ for cls in type(error).__mro__]
    passes = any(name.endswith(_PASSING) for name in names) or getattr(error, "errno", None) in _TEMPORARY
    refused = isinstance(error, PermissionError) or any("Credential" in name for name in names)
    category = ErrorCategory.AUTH if refused else ErrorCategory.NETWORK if passes else ErrorCategory.STORAGE
    retryable = not refused and (passes or known.retryable)
    return StorageError(f"cannot {action}: {_text(error)}", category=category, retryable=retryable, cause=error)


def _text(error: BaseException) -> str:
    return hide_secrets(str(error).partition("\n")[0]) or type(error).__name__
