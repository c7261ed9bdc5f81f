"""What of a request may be shown in errors, logs and the history, and what may not."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import httpx

from spine.core.errors import SpineError
from spine.core.secrets import MASK, Secret, SecretText

E = TypeVar("E", bound=SpineError)

_SHORTEST = 4  # shorter texts occur by chance, and masking them would garble every sentence
_SECRET_NAMES = re.compile(
    r"(?:.*(?:token|secret|password|passwd|signature|credentials?|cookie|authorization|(?:api|access|subscription)key)"
    r"|key|pwd|auth|sig)"
)


def is_secret(value: Any) -> bool:
    """Tell whether a value was given as a secret, or by reference."""
    return isinstance(value, (Secret, SecretText))


def revealed(value: Any) -> Any:
    """Return what is behind a Secret, and any other value as it is."""
    return value.reveal() if isinstance(value, Secret) else value


def names_a_secret(name: str) -> bool:
    """Tell whether a header or parameter of that name is likely to hold a credential."""
    return _SECRET_NAMES.fullmatch(re.sub(r"[^a-z]", "", name.lower())) is not None


def shown_url(url: httpx.URL) -> str:
    """Return a URL that came from a server without user, password and fragment, its query masked."""
    return f"{origin(url)}{quote(url.path)}" + (f"?{MASK}" if url.query else "")


def origin(url: httpx.URL) -> str:
    """Return scheme, host and port (RFC 6454), the port only where it is not the usual one."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    usual = {"http": 80, "https": 443}.get(url.scheme)
    return f"{url.scheme}://{host}" + (f":{url.port}" if url.port not in (None, usual) else "")


class KnownSecrets:
    """The secrets of one source, so that no text that leaves it holds one.

    What is written out in the configuration may be a secret as well: `written` is masked, and not looked for in URLs,
    where it would often occur by chance.
    """

    def __init__(self, secrets: Iterable[str] = (), written: Iterable[str] = ()) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._written = frozenset(form for text in written if len(text) >= _SHORTEST for form in _forms(text))
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Learn a secret; forms in which it travels are learned with it."""
        if len(secret) >= _SHORTEST:
            self._secrets |= set(_forms(secret))

    def mask(self, text: str) -> str:
        """Return the text with a mask in the place of each secret."""
        for secret in sorted(self._secrets | self._written, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text

    def occur_in(self, text: str) -> bool:
        """Tell whether a text holds a secret, however it is quoted."""
        return any(secret in form for form in (text, unquote(text), unquote_plus(text)) for secret in self._secrets)

    def clean(self, error: E) -> E:
        """Return the same error without a secret in its text, its context or its cause."""
        error.message = self.mask(error.message)
        error.args = (error.message, *error.args[1:])
        if error.context.url is not None:
            error.with_context(url=self.mask(error.context.url))
        seen: BaseException | None = error
        while seen is not None:
            linked = [str(each) for each in (seen.__cause__, seen.__context__) if each is not None]
            if any(text != self.mask(text) for text in linked):
                seen.__cause__ = seen.__context__ = None
            seen = seen.__cause__ or seen.__context__
        return error


def _forms(value: str) -> Iterator[str]:
    yield value
    yield quote(value, safe="")
    yield quote(value)
    yield quote_plus(value)
    yield base64.b64encode(value.encode()).decode()
