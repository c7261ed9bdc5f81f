"""Forms of pages, sent as a browser sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.testclient import TestClient

from tests.board.conftest import csrf_of


def send(client: TestClient, page: str, target: str, fields: Mapping[str, str] | None = None) -> Any:
    """Send the form of a page that leads to `target`, and return the answer; AssertionError if it has none."""
    text = client.get(page).text
    assert f'action="{target}"' in text, f"{page} has no form for {target}"
    return client.post(target, data={"csrf": csrf_of(text), "back": page, **(fields or {})})


def assert_refused(reader: TestClient, actor: TestClient, page: str, target: str) -> None:
    """Assert that a reader's page has no such form, and that it is refused without a token or the text of its form."""
    assert f'action="{target}"' not in reader.get(page).text
    assert reader.post(target, data={"back": page}).status_code == 403
    assert actor.post(target, data={"back": page}).status_code == 403
    assert actor.post(target, data={"back": page, "csrf": "guess"}).status_code == 403
