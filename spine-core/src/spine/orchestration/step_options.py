"""Names of `spine.orchestration.definition.options`, under the path that programs written before 0.1.0 import."""

from __future__ import annotations

from spine.orchestration.definition.options import ErrorPolicy as ErrorPolicy
