"""URLs masked for errors and the history."""

from __future__ import annotations

from urllib.parse import quote

import httpx

from spine.core.secrets import MASK


def shown_url(url: httpx.URL) -> str:
    """Return a URL that came from a server without user, password and fragment, its query masked."""
    return f"{origin(url)}{quote(url.path)}" + (f"?{MASK}" if url.query else "")


def origin(url: httpx.URL) -> str:
    """Return scheme, host and port (RFC 6454), the port only if it is not the default one."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    usual = {"http": 80, "https": 443}.get(url.scheme)
    return f"{url.scheme}://{host}" + (f":{url.port}" if url.port not in (None, usual) else "")
