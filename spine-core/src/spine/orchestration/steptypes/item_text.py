"""Text of a map's item, as screens and errors name it: short, on one line, with secrets masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from spine.config.secrecy import masked
from spine.core.kept_text import kept_text
from spine.core.plain_text import one_line
from spine.core.secrets import MASK, is_secret, names_a_secret
from spine.orchestration.steptypes.map_tables import StoredItem, TableItem

_LONGEST = 120  # characters
_MOST = 20  # fields or elements that are looked at
_DEPTH = 3
_TABLE = "(table)"


def item_text(item: Any, field: str | None = None) -> str:
    """Return an item as text, such as `id=B2, amount=12,5`; the named `field` of a mapping comes first."""
    if isinstance(item, (StoredItem, TableItem)):
        whole = item.values or len(item.tables) > 1 or "" not in item.tables
        item = {**item.values, **dict.fromkeys(item.tables, _TABLE)} if whole else _TABLE
    if isinstance(item, Mapping) and field in item:
        item = {field: item[field], **item}
    text = _joined(_fields(item, _DEPTH), len(item)) if isinstance(item, Mapping) else _text(item, _DEPTH)
    shown = kept_text(one_line(text), _LONGEST * 2)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."


def _text(value: Any, depth: int) -> str:
    if is_secret(value):
        return MASK
    if isinstance(value, str):
        return str(masked(value[: _LONGEST * 4]))
    if isinstance(value, Mapping):
        return f"{{{_joined(_fields(value, depth), len(value))}}}" if depth else "{...}"
    if isinstance(value, (list, tuple)):
        parts = (_text(each, depth - 1) for each in value)
        return f"[{_joined(parts, len(value))}]" if depth else "[...]"
    try:
        return str(value)[: _LONGEST * 4]
    except Exception:  # noqa: BLE001 - an item whose own text fails must not fail the step
        return type(value).__name__


def _fields(value: Mapping[Any, Any], depth: int) -> Iterator[str]:
    for key, each in value.items():
        name = str(key)[:_LONGEST]
        yield f"{name}={MASK if names_a_secret(name) else _text(each, depth - 1)}"


def _joined(parts: Iterator[str], count: int) -> str:
    return ", ".join(islice(parts, _MOST)) + (", ..." if count > _MOST else "")
