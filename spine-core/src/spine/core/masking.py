"""Masks for secrets in texts and errors."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from typing import TypeVar
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from spine.core.errors import SpineError
from spine.core.scope import current_scope
from spine.core.secrets import MASK

_SHORTEST = 4  # characters; shorter texts occur by chance, and masking them would garble every sentence
_SHORTEST_LINE = 16  # of a secret of many lines, such as a key in PEM
_SHORTEST_OF_PROJECT = 6  # in arbitrary texts, which match more often by chance

E = TypeVar("E", bound=SpineError)


class KnownSecrets:
    """The secrets to mask in texts that leave a source, a channel or a step.

    Secrets shorter than `shortest` characters are not masked.
    `written` are texts of the configuration that may be secrets: they are masked, but not searched for in URLs.
    """

    def __init__(self, secrets: Iterable[str] = (), written: Iterable[str] = (), *, shortest: int = _SHORTEST) -> None:
        self._shortest = max(1, shortest)
        self._secrets: frozenset[str] = frozenset()
        self._written = frozenset(form for text in written if len(text) >= self._shortest for form in _forms(text))
        self._longest_first: list[str] = sorted(self._written, key=len, reverse=True)
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Add a secret, its lines, and its encoded forms: quoted for a URL, for JSON and Python, and in base64."""
        if len(secret) >= self._shortest:
            self._secrets |= set(_forms(secret))
            self._secrets |= {line for line in secret.splitlines() if len(line) >= _SHORTEST_LINE}
            self._longest_first = sorted(self._secrets | self._written, key=len, reverse=True)

    def also(self, secrets: Collection[str]) -> KnownSecrets:
        """Return these secrets and more; later additions to one are unknown to the other."""
        if not secrets:
            return self
        both = KnownSecrets(shortest=self._shortest)
        both._secrets, both._written = self._secrets, self._written
        both._longest_first = self._longest_first
        for secret in secrets:
            both.add(secret)
        return both

    def mask(self, text: str) -> str:
        """Return the text with a mask in the place of each secret."""
        for secret in self._longest_first:
            text = text.replace(secret, MASK)
        return text

    def occur_in(self, text: str) -> bool:
        """Return whether a text holds a secret, however it is quoted."""
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
    yield base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")
    yield repr(value)[1:-1]
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]


class ProjectSecrets:
    """The secrets of the current project; `find` is called on first use."""

    def __init__(self, find: Callable[[], Iterable[str]]) -> None:
        self._find = find

    @cached_property
    def known(self) -> KnownSecrets:
        """The secrets of 6 characters or more."""
        return KnownSecrets(self._find(), shortest=_SHORTEST_OF_PROJECT)


def hide_secrets(text: str) -> str:
    """Return `text` with the secrets of the current project masked, as far as `spine.toml` names them."""
    found = current_scope().find(ProjectSecrets)
    return text if found is None else found.known.mask(text)
