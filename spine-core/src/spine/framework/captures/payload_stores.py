"""Store of payloads that the setting `[spine] store` names: a folder, or a URL that fsspec supports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from spine.framework.captures.payloads import ParquetPayloads


def store_folder(store: str, root: Path) -> Path | None:
    """Return the folder that a store is in, from `root`; None for a URL of another machine."""
    if store.startswith("file://"):
        return Path(unquote(urlsplit(store).path))
    return None if "://" in store else root / store


def open_payloads(store: str, options: Mapping[str, Any], root: Path) -> ParquetPayloads:
    """Return the store; ConfigError for a URL that fsspec does not support or whose package is not installed."""
    folder = store_folder(store, root)
    if folder is not None:
        from spine.framework.captures.payloads import PayloadStore

        return PayloadStore(folder)
    from spine.framework.captures.remote import RemotePayloads

    return RemotePayloads(store, options)
