"""HttpSource passes the conformance suite for sources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from spine.testing.conformance.source import SourceConformance
from spine_sources_http.source import HttpSource
from tests.sources_http.server import Asked, Reply, Server

ROWS = [{"id": "007", "text": "NA"}, {"id": "1e5", "text": ""}, {"id": "TRUE", "text": "a,b"}]
KEY = "canary-of-conformance"


class HttpConformance(SourceConformance):
    detects_change = True
    supports_streaming = True
    supports_caching = True
    can_fail = True
    tells_retry_after = True
    options: Mapping[str, Any] = MappingProxyType({})
    body = b""

    @pytest.fixture(autouse=True)
    def served(self, server: Server) -> None:
        server.on("/rows", self.answer)
        self.server, self.url = server, server.url

    def answer(self, asked: Asked) -> Reply:
        return Reply(body=self.body)

    def make_source(self) -> HttpSource:
        auth = {"type": "bearer", "token": KEY}
        return HttpSource("http", f"{self.url}/rows", auth=auth, **self.options)

    def expected_rows(self) -> list[dict[str, Any]]:
        return ROWS

    def make_failing_source(self) -> HttpSource:
        return HttpSource("http", f"{self.url}/missing?key={KEY}", headers={"X-Key": KEY}, **self.options)

    def make_refusing_source(self, retry_after: int) -> HttpSource:
        refused = Reply(429, headers={"Retry-After": str(retry_after)})
        self.server.on("/refused", lambda asked: refused)
        return HttpSource("http", f"{self.url}/refused", max_attempts=1, **self.options)

    def secrets(self) -> list[str]:
        return [KEY]


class TestJson(HttpConformance):
    body = json.dumps(ROWS).encode()


class TestJsonLines(HttpConformance):
    options = MappingProxyType({"format": "jsonl"})
    body = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)


class TestDelimited(HttpConformance):
    options = MappingProxyType({"format": "csv"})
    body = b'id,text\n007,NA\n1e5,\nTRUE,"a,b"\n'


class TestPages(HttpConformance):
    options = MappingProxyType({"pagination": {"type": "offset"}})

    def answer(self, asked: Asked) -> Reply:
        start = int(asked.query["offset"][0])
        return Reply(body=json.dumps(ROWS[start : start + 2]).encode())
