"""The optional pyarrow, which the Arrow rules of the suites need."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


def needs_arrow() -> None:
    """Skip the test if pyarrow is not installed, and say which extra installs it."""
    if find_spec("pyarrow") is None:
        pytest.skip("pyarrow is not installed: test with spine-core[testing,arrow]")
