"""Secrets of a project, as texts to mask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from spine.config.references import is_reference, resolve
from spine.config.settings import Settings
from spine.core.errors import ConfigError


def secret_texts(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield every text that `spine.toml` gives by a reference that resolves now, and the URLs of channels."""
    yield from _referred(settings.document, settings, environ)
    yield from (text for text in _texts(settings.document.get("channels", {})) if "://" in text)


def _referred(value: Any, settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    if is_reference(value):
        with suppress(ConfigError):  # a missing text cannot leak
            yield str(resolve(value, "", settings.root, environ))
        return
    for item in _items(value):
        yield from _referred(item, settings, environ)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
    for item in _items(value):
        yield from _texts(item)


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
