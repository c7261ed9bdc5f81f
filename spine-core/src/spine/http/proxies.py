"""The proxy that the environment names for a URL."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from spine.core.errors import ConfigError

_VARIABLES = "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"
_SCHEMES = ("http", "https", "socks5", "socks5h")


def proxy_of(url: httpx.URL, service: str) -> httpcore.Proxy | None:
    """Return the proxy for `url` by HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, None if there is none or by NO_PROXY.

    An unusable proxy is a ConfigError, which does not show it: it may hold a password.
    """
    given = getproxies()
    named = given.get(url.scheme) or given.get("all")
    if not named or proxy_bypass(f"{url.host}:{url.port}" if url.port else url.host):
        return None
    try:
        proxy = httpx.URL(named if "://" in named else f"http://{named}")
        usable = proxy.scheme in _SCHEMES and proxy.host
    except httpx.InvalidURL:
        usable = False
    if not usable:
        raise ConfigError(
            f"{service} cannot be reached: {_VARIABLES} names no usable proxy; give http://, a host and a port"
        )
    if proxy.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigError(
            f"{service} cannot be reached: {_VARIABLES} names a SOCKS proxy, which needs socksio: pip install socksio"
        )
    auth = (proxy.username, proxy.password) if proxy.username else None
    target = httpcore.URL(scheme=proxy.raw_scheme, host=proxy.raw_host, port=proxy.port, target=proxy.raw_path)
    return httpcore.Proxy(target, auth)
