"""Alias of `spine.formats.dialect` for programs written before 0.1.0."""

from __future__ import annotations

from spine.formats.dialect import DelimitedOptions as DelimitedOptions
