"""Re-export of the error classes of `spine.core.errors`."""

from __future__ import annotations

from spine.core.errors import *  # noqa: F403  # all names, without a second list
from spine.core.errors import __all__ as __all__
