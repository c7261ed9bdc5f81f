"""External texts, shortened and with known secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spine.core.masking import hide_secrets

ERROR_CHARACTERS = 10_000  # of an error's text, wherever it is kept or shown
_BORDER = 200  # so that a secret across the limit is recognised


def kept_text(text: str, limit: int = ERROR_CHARACTERS) -> str:
    """Return at most `limit` characters of a text and how many were left out, with known secrets masked."""
    if len(text) <= limit:
        return hide_secrets(text)
    return f"{hide_secrets(text[: limit + _BORDER])[:limit]}... ({len(text) - limit:,} more characters)"


def kept_values(value: Any) -> Any:
    """Return JSON values whose texts are as `kept_text` returns them."""
    if isinstance(value, str):
        return kept_text(value)
    if isinstance(value, Mapping):
        return {key: kept_values(item) for key, item in value.items()}
    return [kept_values(item) for item in value] if isinstance(value, list) else value
