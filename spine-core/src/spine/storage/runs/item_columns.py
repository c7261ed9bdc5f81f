"""Columns of an item that failed; the text of the item lies beside its failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spine.orchestration.records import ItemRecord

_ITEM = "item"
_NAMES = ("error", "error_category", "error_retryable", "error_type")


def error_columns(item: ItemRecord) -> dict[str, Any]:
    """Return the columns of an item that failed, in the order of the table."""
    failure = {**(item.failure or {}), **({} if item.item is None else {_ITEM: item.item})}
    return {**{name: getattr(item, name) for name in _NAMES}, "failure": failure or None}


def with_item(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the text of the item, as `item`, apart from its failure."""
    failure = dict(row["failure"] or {})
    return {**row, _ITEM: failure.pop(_ITEM, None), "failure": failure or None}
