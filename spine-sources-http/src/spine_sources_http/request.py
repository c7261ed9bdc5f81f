"""The request of a source, made of its options and the parameters of a fetch, without credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
from attrs import evolve, field, frozen

from spine.core.errors import InvalidConfigError, ValidationError
from spine.core.hashing import hash_json
from spine.core.secrets import MASK, is_secret, names_a_secret_parameter, revealed
from spine.formats.jsonpath import JsonPath
from spine.http.urls import origin, shown_url
from spine_sources_http.hidden import HiddenParams
from spine_sources_http.template import Params, fill, fill_json, fill_path, placeholders

_NOT_A_WORD = 8  # characters; shorter texts are words and numbers more often than keys


@frozen
class QueryItem:
    """One parameter of a URL; `public` says that its value may be shown."""

    name: str
    value: str
    public: bool = False


@frozen
class Request:
    """One request; `shown` is its name in errors and the history, `secrets` the parameters that it must not name."""

    method: str
    base: httpx.URL = field(repr=False)
    query: tuple[QueryItem, ...] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    json: Any = field(repr=False)
    place: str
    remark: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def url(self) -> httpx.URL:
        if not self.query:
            return self.base
        pairs = urlencode([(item.name, item.value) for item in self.query], quote_via=quote)
        return self.base.copy_with(query="&".join(filter(None, (self.base.query.decode(), pairs))).encode())

    @property
    def shown(self) -> str:
        pairs = "&".join(f"{item.name}={item.value if item.public else MASK}" for item in self.query)
        return self.place + (f"{'&' if '?' in self.place else '?'}{pairs}" if pairs else "") + self.remark

    @property
    def fingerprint(self) -> str:
        """A digest that two equal requests share."""
        return hash_json([self.method, str(self.url), self.json])

    def with_query(self, name: str, value: Any) -> Self:
        """Return this request with a parameter of its URL set."""
        others = tuple(item for item in self.query if item.name != name)
        return evolve(self, query=(*others, QueryItem(name, str(value), public=True)))

    def with_json(self, name: str, value: Any) -> Self:
        """Return this request with the value at a dotted path of its JSON body set."""
        return evolve(self, json=JsonPath.parse(name).put(self.json, value), remark=f"#{name}={value}")

    def at(self, url: httpx.URL) -> Self:
        """Return this request for a URL that the server gave."""
        url = url.copy_with(fragment=None, userinfo=b"")
        return evolve(self, base=url, query=(), place=shown_url(url), remark="")


class RequestTemplate:
    """The request of a source before its placeholders are filled."""

    def __init__(self, method: str, url: str, params: Mapping[str, Any], headers: Mapping[str, Any], json: Any) -> None:
        self._method = method
        self._headers = headers
        self._json = json
        self._secret_url = is_secret(url)
        parts = urlsplit(str(revealed(url)))
        self.userinfo = parts.netloc.rpartition("@")[0]
        self._site = _site(parts.scheme, parts.netloc.rpartition("@")[2])
        self._path = quote(parts.path or "/", safe="/{}%:@!$&'()*+,;=~-._")
        inline = parse_qsl(parts.query, keep_blank_values=True)
        self._query = [*inline, *((name, value) for name, given in params.items() for value in _values(given))]
        self._names = [*placeholders(self._path), *placeholders([value for _, value in self._query])]
        self._names += [*placeholders(list(headers.values())), *placeholders(json)]
        self._noted = dict.fromkeys([*placeholders(list(headers.values())), *placeholders(json)])
        if self._secret_url:
            self._noted |= dict.fromkeys(placeholders(parts.path))
        named = (*self._query, *headers.items(), *_leaves("json", json))
        self._into_secrets = {
            name for place, value in named if names_a_secret_parameter(place) for name in placeholders(value)
        }

    @property
    def origin(self) -> str:
        return origin(self._site)

    @property
    def site(self) -> httpx.URL:
        """The URL up to the host and port."""
        return self._site

    @property
    def secrets(self) -> list[str]:
        """The texts of it that came by reference, or whose names say that they are credentials."""
        found = [text for name, text, secret in self._texts() if secret or names_a_secret_parameter(name)]
        if self._secret_url:
            found += [text for _, text, _ in self._texts() if len(text) >= _NOT_A_WORD]
        return found

    @property
    def written(self) -> list[str]:
        """The values written in it, without those of harmless headers."""
        harmless = ("accept", "accept-language", "content-type", "user-agent")
        texts = [text for name, text, _ in self._texts() if name.lower() not in harmless]
        if self._secret_url:
            texts += [self._path, *self._path.split("/")]
        return [text for text in texts if len(text) >= _NOT_A_WORD]

    def _texts(self) -> Iterator[tuple[str, str, bool]]:
        """Yield name, text and a flag for secrets of every value that no parameter fills."""
        for name, value in (*self._query, *self._headers.items(), *_leaves("json", self._json)):
            if is_secret(value) or (isinstance(value, str) and not list(placeholders(value))):
                yield name, str(revealed(value)), is_secret(value)

    @property
    def shown(self) -> str:
        """The URL with its placeholders, fit to be shown."""
        return self.fill({name: f"{{{name}}}" for name in self._names}).place.replace("%7B", "{").replace("%7D", "}")

    def fill(self, params: Params) -> Request:
        """Return the request for these parameters; one that is missing or unsafe is a ValidationError."""
        hidden = self.hidden(params)
        path = fill_path(self._path, params)
        shown_path = fill_path(self._path, hidden.masked()).replace(quote(MASK, safe=""), MASK)
        noted = dict.fromkeys([*self._noted, *(name for name in self._names if name in hidden.names)])
        remark = "&".join(f"{name}={hidden.shown(name)}" for name in noted)
        return Request(
            method=self._method,
            base=self._site.copy_with(raw_path=path.encode()),
            query=tuple(_filled(name, value, params, self._hides(value, hidden)) for name, value in self._query),
            headers={name: _header(name, value, params) for name, value in self._headers.items()},
            json=fill_json(self._json, params),
            place=f"{self.origin}/{MASK}" if self._secret_url else f"{self.origin}{shown_path}",
            remark=f"#{remark}" if remark else "",
            secrets=hidden.texts,
        )

    def hidden(self, params: Params) -> HiddenParams:
        """Return which of the parameters are secrets: a Secret, and what a place named like one is filled from."""
        return HiddenParams.of(params, self._into_secrets)

    def _hides(self, value: Any, hidden: HiddenParams) -> bool:
        return self._secret_url or any(name in hidden.names for name in placeholders(value))


def _site(scheme: str, host: str) -> httpx.URL:
    if scheme not in ("http", "https") or not host:
        raise InvalidConfigError("url", None, "url is not valid: give one that starts with http:// or https://")
    if list(placeholders(host)):
        raise InvalidConfigError(
            "url", None, "url has a placeholder in its host: a parameter may not choose the server"
        )
    try:
        return httpx.URL(f"{scheme}://{host}/")
    except httpx.InvalidURL:
        raise InvalidConfigError("url", None, "url is not valid: its host or port cannot be read") from None


def _values(given: Any) -> list[Any]:
    if given is None:
        return []
    if isinstance(given, (list, tuple)):
        return list(given)
    return [("true" if given else "false") if isinstance(given, bool) else given]


def _filled(name: str, value: Any, params: Params, secret: bool) -> QueryItem:
    if is_secret(value):
        return QueryItem(name, str(revealed(value)))
    is_filled = bool(list(placeholders(value)))
    filled = fill(str(value), params, f"the parameter {name!r} of the URL")
    return QueryItem(name, filled, public=is_filled and not secret)


def _header(name: str, value: Any, params: Params) -> str:
    text = str(revealed(value)) if is_secret(value) else fill(str(value), params, f"the header {name!r}")
    if any(ord(character) < 0x20 or ord(character) > 0x7E for character in text.replace("\t", " ")):
        raise ValidationError(
            f"the header {name!r} has a character that no header can hold: look for line ends", field=name
        )
    return text


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each value inside of a JSON value with the key that it stands under."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(str(key), item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(name, item)
    else:
        yield name, value
