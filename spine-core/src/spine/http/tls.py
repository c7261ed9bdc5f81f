"""The authorities whose certificates are trusted."""

from __future__ import annotations

import os
import ssl
from functools import cache

import httpx

_NAMED = {"SSL_CERT_FILE", "SSL_CERT_DIR"}


def usual_tls() -> ssl.SSLContext:
    """Return a context that trusts the authorities of SSL_CERT_FILE or SSL_CERT_DIR, without them those of certifi.

    The latter is read once in a process, as it takes 25 ms. Raises OSError if what a variable names cannot be read.
    """
    return _of_certifi() if _NAMED.isdisjoint(os.environ) else httpx.create_ssl_context()


@cache
def _of_certifi() -> ssl.SSLContext:
    return httpx.create_ssl_context()
