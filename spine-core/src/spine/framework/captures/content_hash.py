"""Alias of `spine.framework.captures.digest` for programs written before 0.1.0."""

from __future__ import annotations

from spine.framework.captures.digest import content_hash as content_hash
