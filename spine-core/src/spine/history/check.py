"""Names of `spine.storage.check`, under the path that programs written before 0.1.0 import."""

from __future__ import annotations

from spine.storage.check import check_store as check_store
