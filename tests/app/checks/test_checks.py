"""The registration of the checks: each file of the folder has one check, and it is in one of the two tables."""

from __future__ import annotations

from pathlib import Path

from spine.app import checks


def test_each_file_is_a_registered_check() -> None:
    files = {path.stem for path in Path(checks.__file__).parent.glob("*.py")} - {"__init__", "check"}
    assert {check.__name__ for check in (*checks.CHECKS, *checks.DATABASE_CHECKS)} == {
        f"check_{name}" for name in files
    }
