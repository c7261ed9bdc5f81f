"""Cookies of one fetch, which some servers set with a redirect to the same URL."""

from __future__ import annotations

import httpx

from spine_sources_http.redirects import Hop


class CookieJar:
    """Cookies that the origin of the source has set; they are sent to it and to no other, and end with the fetch."""

    def __init__(self) -> None:
        self._cookies = httpx.Cookies()

    def take(self, hop: Hop, response: httpx.Response) -> None:
        """Keep what a response sets, by the rules of its attributes Path, Secure, Max-Age and Expires."""
        if hop.trusted:
            self._cookies.extract_cookies(response)

    def add(self, hop: Hop, request: httpx.Request) -> None:
        """Add the cookies for this URL to a request, unless it has a configured header for them."""
        if hop.trusted and "cookie" not in request.headers:
            self._cookies.set_cookie_header(request)
