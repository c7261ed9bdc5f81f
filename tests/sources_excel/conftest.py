from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Save a workbook of one sheet, `Data`, and return its path; `finish` is called with the sheet before."""

    def saved(*rows: list[object], finish: Callable[[Worksheet], object] = lambda sheet: None) -> Path:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        sheet.title = "Data"
        for row in rows:
            sheet.append(row)
        finish(sheet)
        workbook.save(tmp_path / "book.xlsx")
        return tmp_path / "book.xlsx"

    return saved
