"""Section 1 of the specification runs as written; `seed/sources.py` is a copy of its block."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from spine.core.errors import SourceNotFoundError
from spine.framework.sources import source_registry

BLOCK = Path(__file__).parent / "seed" / "sources.py"


def test_the_block_runs_where_its_files_do_not_exist():
    processed: list[Any] = []
    after = runpy.run_path(str(BLOCK), {"process": processed.append})
    assert isinstance(after["result"].error, SourceNotFoundError)
    assert source_registry.list_sources() == ["finra.otc.weekly"]
    assert processed == []


def test_the_block_processes_the_rows_where_its_files_exist(tmp_path):
    (tmp_path / "week.psv").write_text("Symbol|Volume\nNA|007\n")
    block = BLOCK.read_text().replace("/data/finra/", f"{tmp_path}/")
    processed: list[Any] = []
    exec(compile(block, BLOCK, "exec"), {"process": processed.append})
    assert processed == [[{"Symbol": "NA", "Volume": "007"}]]
