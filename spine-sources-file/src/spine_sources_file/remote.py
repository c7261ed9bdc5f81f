"""Files of object stores, through fsspec, which is imported on first use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

from attrs import field, frozen

from spine.core.errors import ConfigError, SourceNotFoundError
from spine_sources_file.location import is_glob, may_be_name

if TYPE_CHECKING:
    from spine_sources_file.files import StoredFile


@frozen
class RemoteFile:
    """A file that fsspec reads. Credentials are those that fsspec is configured with."""

    label: str
    _filesystem: Any = field(repr=False, eq=False)
    _path: str = field(repr=False)

    def open(self) -> BinaryIO:
        return cast("BinaryIO", self._filesystem.open(self._path, "rb"))

    def size(self) -> int:
        return int(self._filesystem.size(self._path))

    def modified(self) -> datetime | None:
        try:
            found: datetime = self._filesystem.modified(self._path)
        except NotImplementedError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def matching_urls(url: str) -> list[StoredFile]:
    """Return the files that a URL or a glob of one matches, sorted; SourceNotFoundError if there is none."""
    filesystem, path = _filesystem(url)
    if may_be_name(url) and _is_file(filesystem, path):
        return [RemoteFile(url, filesystem, path)]
    if not is_glob(url):
        raise SourceNotFoundError(f"{url} does not exist")
    found = sorted(_matches(filesystem, path))
    if not found:
        raise SourceNotFoundError(f"no file matches {url}")
    return [RemoteFile(_url_like(url, name), filesystem, name) for name in found]


def url_names(url: str) -> Iterator[str]:
    """Yield the URLs of the files that a glob matches."""
    filesystem, path = _filesystem(url)
    return (_url_like(url, name) for name in _matches(filesystem, path))


def _matches(filesystem: Any, pattern: str) -> Iterator[str]:
    for name, info in filesystem.glob(pattern, detail=True).items():
        if info["type"] == "file" or (info["type"] != "directory" and _is_file(filesystem, name)):
            yield name


def _is_file(filesystem: Any, path: str) -> bool:
    """Return whether a path is a file; `isfile` also says False where the store does not answer."""
    try:
        return bool(filesystem.info(path)["type"] == "file")
    except FileNotFoundError:
        return False


def _url_like(url: str, name: str) -> str:
    """Return the URL of a name that a filesystem lists, written as `url` is."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{'/' if rest.startswith('/') else ''}{name.lstrip('/')}"


def _filesystem(url: str) -> tuple[Any, str]:
    scheme = urlsplit(url).scheme
    try:
        fsspec = import_module("fsspec")
        filesystem, path = fsspec.url_to_fs(url)
    except ImportError as error:
        needed = "" if error.name in (None, "fsspec") else f", and for {scheme} {error.name}"
        raise ConfigError(
            f"Reading {scheme} URLs needs fsspec: pip install 'spine-sources-file[remote]'{needed}", cause=error
        ) from error
    except ValueError as error:
        raise ConfigError(f"fsspec reads no {scheme} URLs: {error}", cause=error) from error
    filesystem.invalidate_cache()  # each thread has one, which lists a folder once and remembers it for ever
    return filesystem, path
