"""Forms: their fields, and whether they come from a page of this board."""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request

    from spine_board.access import Visitor

FOREIGN = "The request did not come from a form of this board: open the page again, and repeat it."
_LONGEST = 100_000  # bytes
_MOST_FIELDS = 1_000
_SECONDS = 30


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; HTTPException for one that is too long, or of another type."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise HTTPException(415, "Send a form: application/x-www-form-urlencoded.")
    try:
        async with asyncio.timeout(_SECONDS):
            body = await _body(request)
    except TimeoutError:
        raise HTTPException(408, f"The form did not arrive within {_SECONDS} seconds: send it again.") from None
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise HTTPException(400, "The form has too many fields, or is not UTF-8.") from None


async def _body(request: Request) -> bytearray:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST:
            raise HTTPException(413, f"The form is too long: at most {_LONGEST:,} bytes.")
    return body


def check_origin(request: Request) -> None:
    """Refuse a request that a browser sends because another site made it."""
    site, origin = request.headers.get("sec-fetch-site", "same-origin"), request.headers.get("origin")
    is_same = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if site not in ("same-origin", "none") or not is_same:
        raise HTTPException(403, FOREIGN)


def check_form(request: Request, form: dict[str, str], visitor: Visitor) -> None:
    """Refuse a form that is not from a page of this login."""
    check_origin(request)
    if not visitor.accepts(form.get("csrf")):
        raise HTTPException(403, FOREIGN)


def same(expected: str, given: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(expected.encode(), given.encode())


def local(location: str) -> str:
    """Return a place of this board, the first page for one elsewhere."""
    is_local = location.startswith("/") and not location.startswith(("//", "/\\")) and location.isprintable()
    return location if is_local else "/"
