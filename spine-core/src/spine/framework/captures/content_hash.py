"""Names of `spine.framework.captures.digest`, under the path that programs written before 0.1.0 import."""

from __future__ import annotations

from spine.framework.captures.digest import content_hash as content_hash
