"""SftpSource passes the conformance suite for sources."""

from __future__ import annotations

from typing import Any

import pytest

from spine.testing.conformance.source import SourceConformance
from spine_sources_sftp.source import SftpSource
from tests.sources_sftp.server import PASSWORD


class TestSftp(SourceConformance):
    detects_change = True
    supports_streaming = True
    supports_caching = True
    can_fail = True

    @pytest.fixture(autouse=True)
    def files(self, remote, source) -> None:
        self.source = source
        (remote / "rows.csv").write_text('id,text\n007,NA\n1e5,\nTRUE,"a,b"\n')

    def make_source(self) -> SftpSource:
        return self.source("rows.csv")

    def expected_rows(self) -> list[dict[str, Any]]:
        return [{"id": "007", "text": "NA"}, {"id": "1e5", "text": ""}, {"id": "TRUE", "text": "a,b"}]

    def make_failing_source(self) -> SftpSource:
        return self.source("missing.csv")

    def secrets(self) -> list[str]:
        return [PASSWORD]
