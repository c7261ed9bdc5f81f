"""Alias of `spine.formats.delimited` for programs written before 0.1.0."""

from __future__ import annotations

from typing import Any

from spine.formats import delimited


def __getattr__(name: str) -> Any:
    return getattr(delimited, name)
