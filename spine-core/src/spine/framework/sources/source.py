"""Source protocols, and a base class for authors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

from attrs import asdict, field, frozen

from spine.core.errors import SourceError, SourceNotFoundError, SourceUnavailableError, SpineError, is_retryable
from spine.core.names import check_text, kind_of, plain, validate_name
from spine.core.secrets import MASK, is_secret
from spine.framework.sources.result import SourceMetadata, SourceResult, SourceType


@runtime_checkable
class Source(Protocol):
    """Named source of data. `fetch` reports a failure in its result and does not raise."""

    @property
    def name(self) -> str: ...

    @property
    def source_type(self) -> SourceType | str: ...

    def fetch(self, params: dict[str, Any] | None = None) -> SourceResult: ...


@runtime_checkable
class StreamingSource(Source, Protocol):
    """Source that can also yield its rows in batches, in bounded memory."""

    @property
    def supports_streaming(self) -> bool: ...

    def stream(self, params: dict[str, Any] | None = None, batch_size: int = 1000) -> Iterator[list[dict[str, Any]]]:
        """Yield lists of `batch_size` rows, the last one shorter; errors are raised at the first iteration."""
        ...


@runtime_checkable
class CachingSource(Source, Protocol):
    """Source that can detect changes of its data."""

    def get_cache_key(self, params: dict[str, Any] | None = None) -> str:
        """Return a key that depends only on the data location and the parameters."""
        ...

    def has_changed(
        self,
        params: dict[str, Any] | None = None,
        last_hash: str | None = None,
        last_etag: str | None = None,
        last_modified: str | None = None,
    ) -> bool:
        """Return True if the data differs from the hints, or if that is unknown."""
        ...


@frozen
class SourceConfig:
    """First argument of every source; a source's own config class adds its options."""

    name: str = field(metadata={"help": "The name of the source in pipelines and commands."})

    def to_dict(self) -> dict[str, Any]:
        """Return the options by name, without the source's own name."""
        return asdict(self, filter=lambda item, _value: item.name != "name")


class BaseSource(ABC):
    """Base of a source: name, type, domain, metadata and typed errors. Decorate `fetch` with `recorded`."""

    def __init__(
        self,
        name: str,
        source_type: SourceType | str,
        *,
        domain: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self._name = validate_name(name, "source name")
        self._source_type = kind_of(SourceType, source_type, "source type")
        self._domain = check_text(domain, f"the domain of source {name!r}") if domain else domain
        self._config = dict(config or {})

    @property
    def name(self) -> str:
        return self._name

    @property
    def source_type(self) -> SourceType | str:
        return self._source_type

    @property
    def domain(self) -> str | None:
        return self._domain

    @property
    def has_cursor(self) -> bool:
        """True if a fetch continues after the stored state of the source, which `spine sources state set` changes."""
        return False

    @property
    def config(self) -> dict[str, Any]:
        return dict(self._config)

    @abstractmethod
    def fetch(self, params: dict[str, Any] | None = None) -> SourceResult:
        """Return all rows, or a failed result."""

    def locator(self, params: dict[str, Any] | None = None) -> str | None:
        """Return the path, URL or query for these parameters; the history compares fetches of one locator."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r})"

    def create_metadata(self, params: dict[str, Any] | None = None, **fields: Any) -> SourceMetadata:
        """Return the metadata of a fetch; `params` are masked where secret, `fields` are those of SourceMetadata."""
        shown = {name: MASK if is_secret(value) else value for name, value in (params or {}).items()}
        return SourceMetadata(self._name, self._source_type, params=shown, **fields)

    def wrap_error(self, error: Exception, message: str | None = None) -> SpineError:
        """Return `error` as a typed error that names this source; a Spine error stays the same object."""
        return source_error(self, error, message)

    _create_metadata = create_metadata  # names used by older sources
    _wrap_error = wrap_error


def source_error(source: Source, error: Exception, message: str | None = None) -> SpineError:
    """Return `error` as a typed error that names `source`; a Spine error stays the same object."""
    said = message or f"source {source.name!r}: {_text(error)}"
    if isinstance(error, SpineError):
        wrapped = error
    elif isinstance(error, FileNotFoundError):
        wrapped = SourceNotFoundError(said, cause=error)
    elif is_retryable(error):
        wrapped = SourceUnavailableError(said, cause=error)
    else:
        wrapped = SourceError(said, cause=error)
    if wrapped.context.source_name is None:
        wrapped.with_context(source_name=source.name, source_type=plain(source.source_type))
    return wrapped


def _text(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
