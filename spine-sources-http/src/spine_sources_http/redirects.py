"""Redirects and links to other pages; none takes a credential to another origin."""

from __future__ import annotations

from collections.abc import Collection

import httpx
from attrs import frozen

from spine.core.errors import SourceError
from spine.core.masking import KnownSecrets
from spine.http.urls import origin

MAX_REDIRECTS = 10
_KEEPING_METHOD = (307, 308)
_FOLLOWED = (301, 302, 303, *_KEEPING_METHOD)


@frozen
class Hop:
    """One request on the way; `trusted` says whether it may carry the source's own headers and credentials."""

    method: str
    url: httpx.URL
    body: bytes | None
    trusted: bool


@frozen
class Border:
    """Limits on the addresses that redirects and next pages may lead to."""

    site: httpx.URL
    allowed_hosts: Collection[str]
    secrets: KnownSecrets

    def enter(self, method: str, url: httpx.URL, body: bytes | None, label: str) -> Hop:
        """Return the first hop to `url`, which may be one that the server gave for the next page."""
        return self._hop(Hop(method, self.site, body, trusted=True), method, url, body, label, "the next page")

    def follow(self, hop: Hop, status: int, location: str | None, label: str) -> Hop | None:
        """Return the hop that a response asks for, None if it asks for none (RFC 9110, section 15.4)."""
        if status not in _FOLLOWED:
            return None
        if not location:
            raise SourceError(f"{label}: a redirect ({status}) without a target")
        try:
            target = hop.url.join(location)
        except httpx.InvalidURL:
            raise SourceError(f"{label}: a redirect ({status}) to a URL that is not valid") from None
        keep = status in _KEEPING_METHOD or hop.method == "GET"
        method, body = (hop.method, hop.body) if keep else ("GET", None)
        return self._hop(hop, method, target, body, label, "a redirect")

    def _hop(self, before: Hop, method: str, url: httpx.URL, body: bytes | None, label: str, what: str) -> Hop:
        url = url.copy_with(fragment=None, userinfo=b"")
        if url.scheme not in ("http", "https") or not url.host:
            raise SourceError(f"{label}: {what} leads to {url.scheme or 'no'} URLs, and only http and https are read")
        if url.scheme == "http" and "https" in (before.url.scheme, self.site.scheme):
            raise SourceError(f"{label}: {what} leads from https to http, which is not encrypted: not followed")
        if origin(url) == origin(self.site):
            return Hop(method, url, body, before.trusted)
        self._check_other(url, body, label, what)
        return Hop(method, url, body, trusted=False)

    def _check_other(self, url: httpx.URL, body: bytes | None, label: str, what: str) -> None:
        if self.allowed_hosts and not any(_fits(url.host, pattern) for pattern in self.allowed_hosts):
            raise SourceError(f"{label}: {what} leads to {url.host}, which is not one of allowed_hosts")
        if body is not None:
            raise SourceError(f"{label}: {what} would send the JSON body to {origin(url)}: set url to that address")
        if self.secrets.occur_in(str(url)):
            raise SourceError(f"{label}: {what} would take a credential to {origin(url)}: not followed")


def _fits(host: str, pattern: str) -> bool:
    """Return whether a host is the one of the pattern, or for `*.example.org` lies below it."""
    pattern = pattern.lower()
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern
