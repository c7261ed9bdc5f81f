"""Staged data as JSON values, in the answer of a process that executes a part of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from cattrs import Converter
from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from spine.core.errors import ConfigError
from spine.framework.captures.revision import Capture
from spine.framework.captures.store import capture_store
from spine.framework.staged import Staged


def staged_to_json(staged: Iterable[Staged]) -> list[dict[str, Any]]:
    """Return staged data as JSON values."""
    return [_converter().unstructure(record, unstructure_as=Staged) for record in staged]


def staged_from_json(values: Iterable[Mapping[str, Any]]) -> Sequence[Staged]:
    """Return staged data from its JSON values.

    Raises ConfigError for a capture whose file was written to a store that is a folder of another machine.
    """
    found: list[Staged] = [_converter().structure(each, Staged) for each in values]  # type: ignore[arg-type]  # a union
    for record in found:
        if isinstance(record, Capture):
            _check_is_here(record)
    return found


def _check_is_here(record: Capture) -> None:
    from spine.framework.captures.payloads import PayloadStore  # for captures only

    payloads = capture_store().payloads
    if isinstance(payloads, PayloadStore) and not payloads.has(record.location):
        raise ConfigError(
            f"capture {record.name!r}: the worker has written its file to another folder than {payloads.root}: give "
            "the project a store that all machines share, [spine] store"
        )


@cache
def _converter() -> Converter:
    converter = make_converter()
    configure_tagged_union(Staged, converter, tag_name="record")
    return converter
