"""FileSource passes the conformance suite for sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spine.testing.conformance.source import SourceConformance
from spine_sources_file.source import FileSource

ROWS = [{"id": "007", "text": "NA"}, {"id": "1e5", "text": ""}, {"id": "TRUE", "text": "a,b"}]


class FileConformance(SourceConformance):
    detects_change = True
    supports_streaming = True
    supports_caching = True
    can_fail = True
    decodes_text = True
    name: str
    content: str

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / self.name
        self.path.write_text(self.content)

    def make_source(self) -> FileSource:
        return FileSource("file", self.path)

    def expected_rows(self) -> list[dict[str, Any]]:
        return ROWS

    def make_failing_source(self) -> FileSource:
        return FileSource("file", self.path.with_name(f"missing-{self.name}"))

    def make_undecodable_source(self) -> FileSource:
        self.path.write_bytes(self.content.encode().replace(b"007", b"\xff\xfe"))
        return self.make_source()


class TestDelimited(FileConformance):
    name = "rows.csv"
    content = 'id,text\n007,NA\n1e5,\nTRUE,"a,b"\n'


class TestJsonLines(FileConformance):
    name = "rows.jsonl"
    content = '{"id": "007", "text": "NA"}\n{"id": "1e5", "text": ""}\n{"id": "TRUE", "text": "a,b"}\n'
