#!/usr/bin/env python3
"""A small HTTP API of daily prices to try Spine on: pages of JSON, ETags, an API key and, on request, faults."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from contextlib import suppress
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "only-for-the-demo"
PAGE_ROWS = 4
CENTS = {
    "ACME": 1025,
    "BOLT": 4310,
    "CRUX": 990,
    "DUNE": 12775,
    "ECHO": 640,
    "FLUX": 2205,
    "GLOW": 8850,
    "HALO": 1575,
    "IRIS": 33120,
}

Reply = tuple[int, dict[str, Any], dict[str, str]]  # status, document, headers


def prices_of(day: date) -> list[dict[str, str]]:
    """Return the prices of a day, each time the same; a weekend has none."""
    if day.isoweekday() > 5:
        return []
    return [
        {"symbol": symbol, "price": f"{(cents + (day.toordinal() * cents) % 37 - 18) / 100:.2f}"}
        for symbol, cents in CENTS.items()
    ]


def answer(query: dict[str, str], headers: Any) -> Reply:
    """Return the reply to a request without faults."""
    if headers["X-Api-Key"] != KEY:
        return 401, {"error": "the header X-Api-Key lacks the key"}, {}
    try:
        day, page = date.fromisoformat(query["day"]), int(query.get("page", "1"))
    except (KeyError, ValueError):
        return 400, {"error": "ask for /prices?day=2026-01-05&page=1"}, {}
    prices = prices_of(day)
    pages = -(-len(prices) // PAGE_ROWS)
    if not 1 <= page <= pages:
        return 404, {"error": f"there is no page {page} of {day}"}, {}
    etag = f'"{hashlib.sha256(json.dumps(prices).encode()).hexdigest()[:16]}"'  # of all pages of the day
    if headers["If-None-Match"] == etag:
        return 304, {}, {"ETag": etag}
    items = prices[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    return 200, {"items": items, "page": page, "pages": pages, "total": len(prices)}, {"ETag": etag}


def fault(request: int) -> Reply | None:
    """Return the fault that takes the place of a reply: a limit at each third request, and a 500 at each fifth."""
    if request % 3 == 0:
        return 429, {"error": "too many requests"}, {"Retry-After": "1"}
    if request % 5 == 0:
        return 500, {"error": "something broke"}, {}
    return None


def handler(*, faults: bool) -> type[BaseHTTPRequestHandler]:
    """Return the class that handles requests."""
    requests = count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(ConnectionResetError):  # a client that has what it wants
                super().handle()

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path != "/prices":
                self.reply((404, {"error": "there is only /prices"}, {}))
                return
            number = next(requests)
            self.reply((fault(number) if faults else None) or answer(dict(parse_qsl(url.query)), self.headers))

        def reply(self, reply: Reply) -> None:
            status, document, headers = reply
            body = b"" if status == 304 else json.dumps(document).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, form: str, *values: Any) -> None:
            if form == '"%s" %s %s':  # of a request: not its date and host
                print(values[1], self.path, flush=True)

    return Handler


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    port = int(os.environ.get("PRICES_PORT", "8765"))
    parser.add_argument("--port", type=int, default=port, help="0 takes a free one (default: PRICES_PORT or 8765)")
    parser.add_argument("--faults", action="store_true", help="answer each third request 429 and each fifth 500")
    given = parser.parse_args()
    with ThreadingHTTPServer(("127.0.0.1", given.port), handler(faults=given.faults)) as server:
        print(f"http://127.0.0.1:{server.server_port}/prices gives prices to whoever has the key {KEY}", flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
