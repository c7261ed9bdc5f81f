"""Alias of `spine.orchestration.definition.options` for programs written before 0.1.0."""

from __future__ import annotations

from spine.orchestration.definition.options import ErrorPolicy as ErrorPolicy
