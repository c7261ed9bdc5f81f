"""Staged data as JSON values, in the answer of a process that executes a part of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from cattrs import Converter
from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from spine.framework.staged import Staged


def staged_to_json(staged: Iterable[Staged]) -> list[dict[str, Any]]:
    """Return staged data as JSON values."""
    return [_converter().unstructure(record, unstructure_as=Staged) for record in staged]


def staged_from_json(values: Iterable[Mapping[str, Any]]) -> Sequence[Staged]:
    """Return staged data from its JSON values."""
    return [_converter().structure(each, Staged) for each in values]  # type: ignore[arg-type]  # a union is the type


@cache
def _converter() -> Converter:
    converter = make_converter()
    configure_tagged_union(Staged, converter, tag_name="record")
    return converter
