"""An I/O error at any call on the files of a project loses, doubles and hides nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.withstand.checker import Verdict
from tests.withstand.disk_shim import run_with_shim

SEED = 20_261


@pytest.mark.slow
@pytest.mark.parametrize("every", [150, 17, pytest.param(1, marks=pytest.mark.soak)])
def test_an_io_error_at_the_nth_call_loses_nothing(tmp_path: Path, every: int) -> None:
    printed = run_with_shim("io_errors", tmp_path, str(every), str(SEED))
    Verdict(**json.loads(printed)).report({"seed": SEED, "every": every})
