"""The error tree under the framework's name: the classes of `spine.core.errors` themselves, not others like them."""

from __future__ import annotations

from spine.core.errors import *  # noqa: F403  # whatever the tree has is here too, without a second list
from spine.core.errors import __all__ as __all__
