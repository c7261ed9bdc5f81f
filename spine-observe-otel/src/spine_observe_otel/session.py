"""HTTP session of the exporter: follows no redirect, and keeps no more than the beginning of a short reply."""

from __future__ import annotations

from contextlib import closing
from io import BytesIO
from typing import Any

from requests import PreparedRequest, Response, Session

from spine.core.masking import KnownSecrets
from spine.core.plain_text import one_line

_LONGEST = 4_096  # bytes of a reply, as they are sent; none of a longer one, or of one without its length


class BoundedSession(Session):
    """Session whose replies take little memory, however long they are, and are not expanded."""

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        """Send a request; its headers, such as a key, are masked in the reason that the reply states."""
        secrets = KnownSecrets(map(_text, (request.url or "", *request.headers.values())))
        response = super().send(request, **{**options, "stream": True, "allow_redirects": False})
        with closing(response):
            content = _content(response)
        response.raw = BytesIO(secrets.mask(one_line(content.decode("utf-8", "replace"))).encode())
        response.reason = secrets.mask(one_line(_text(response.reason or "")))
        return response


def _content(response: Response) -> bytes:
    length = response.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit() and int(length[:9]) <= _LONGEST):
        return b""
    found: bytes = response.raw.read(_LONGEST, decode_content=False)
    return found


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
