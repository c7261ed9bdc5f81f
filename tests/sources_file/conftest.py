from __future__ import annotations

from pathlib import Path

import pytest

FINRA = Path(__file__).parents[2] / "examples" / "finra_weekly" / "data"


@pytest.fixture
def finra() -> Path:
    """The folder of FINRA's real weekly files."""
    return FINRA


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which relative paths start from."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
