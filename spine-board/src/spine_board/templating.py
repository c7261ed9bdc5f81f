"""Templates: every value is cleaned and escaped, and an unknown one is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from spine.core.plain_text import counted
from spine_board import text


def make_environment() -> Environment:
    """Return the environment of the board's templates, and of reports made with them."""
    environment = Environment(
        loader=PackageLoader("spine_board"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=text.shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["link"] = text.link
    environment.globals["offline"] = False
    environment.filters.update(_FILTERS)
    return environment


_FILTERS: Mapping[str, Any] = {
    "age": text.age,
    "as_json": text.as_json,
    "cell": text.cell,
    "clock": text.clock,
    "counted": counted,
    "figures": text.figures,
    "kind": text.kind_of,
    "milliseconds": text.milliseconds,
    "moment": text.moment,
    "number": text.number,
    "pairs": text.pairs,
    "partition_key": text.partition_key,
    "short": text.short,
    "size": text.size,
    "span": text.span,
    "strip": text.strip,
}
