"""ExcelSource passes the conformance suite for sources."""

from __future__ import annotations

from typing import Any

import pytest

from spine.testing.conformance.source import SourceConformance
from spine_sources_excel.source import ExcelSource


class TestExcel(SourceConformance):
    detects_change = True
    supports_caching = True
    can_fail = True

    @pytest.fixture(autouse=True)
    def workbook(self, save) -> None:
        self.path = save(["id", "text"], ["007", "NA"], ["1e5", None], ["TRUE", "a,b"])

    def make_source(self) -> ExcelSource:
        return ExcelSource("excel", self.path)

    def expected_rows(self) -> list[dict[str, Any]]:
        return [{"id": "007", "text": "NA"}, {"id": "1e5", "text": None}, {"id": "TRUE", "text": "a,b"}]

    def make_failing_source(self) -> ExcelSource:
        return ExcelSource("excel", self.path.with_name("missing.xlsx"))
