"""The HTTP source: one request, or page after page."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, partial
from itertools import chain, islice
from typing import Any
from urllib.parse import unquote

from attrs import asdict, evolve

from spine.core.configured import configured_by
from spine.core.errors import ConfigError, InvalidConfigError, SourceError, SpineError, ValidationError
from spine.core.hashing import hash_json
from spine.core.masking import KnownSecrets
from spine.core.scope import current_scope
from spine.core.secrets import MASK, Secret
from spine.framework.sources.fetches import recorded
from spine.framework.sources.result import SourceMetadata, SourceResult, SourceType
from spine.framework.sources.source import BaseSource
from spine.http.machine import Machine
from spine.http.tls import usual_tls
from spine_sources_http.auth import Auth, AuthType
from spine_sources_http.budget import run_budget
from spine_sources_http.conditional import as_http_date, as_iso, last_response, remember_response, validators
from spine_sources_http.config import HttpSourceConfig
from spine_sources_http.content import Row, joined
from spine_sources_http.exchange import Exchange
from spine_sources_http.oauth import AccessToken
from spine_sources_http.pages import Received, read_pages, stream_pages
from spine_sources_http.redirects import Border
from spine_sources_http.request import Request, RequestTemplate
from spine_sources_http.responseformat import ResponseFormat
from spine_sources_http.status import NOT_MODIFIED
from spine_sources_http.walk import Walk


class HttpSource(BaseSource):
    """Rows of JSON, JSON Lines, delimited text or Parquet, or bytes, from an HTTP server.

    `{name}` in the URL's path and query, in headers and in the JSON body is filled from the parameters of a fetch.
    A Secret, and a value that `spine.toml` gives by reference, is sent and never shown.
    """

    source_type = SourceType.HTTP

    @configured_by(HttpSourceConfig)
    def __init__(self, options: HttpSourceConfig) -> None:
        self._template = RequestTemplate(options.method, options.url, options.params, options.headers, options.json)
        self._options = options = _with_user(options, self._template.userinfo)
        super().__init__(options.name, SourceType.HTTP, domain=options.domain, config=self._shown_options())
        self._machine = current_scope().get(Machine, Machine)
        credentials = options.auth.secrets if options.auth else ()
        self._secrets = KnownSecrets([*self._template.secrets, *credentials], self._template.written)
        self._border = Border(self._template.site, options.allowed_hosts or (), self._secrets)
        is_oauth = options.auth is not None and options.auth.type is AuthType.OAUTH2
        self._token = AccessToken(options.auth, self._machine) if options.auth and is_oauth else None

    @property
    def format(self) -> ResponseFormat:
        """The format of a response."""
        return self._options.format

    @property
    def supports_streaming(self) -> bool:
        """True if `stream` works: for every format but raw bytes."""
        return not self._options.unparsed

    def locator(self, params: dict[str, Any] | None = None) -> str:
        """Return the URL that these parameters lead to, fit to be shown; a missing one is a ValidationError."""
        return self._template.fill(params or {}).shown

    @recorded
    def fetch(self, params: dict[str, Any] | None = None) -> SourceResult:
        """Return the rows of every page, or an unchanged result that fetches them if they are read.

        A failure is a failed result.
        """
        return self._fetch(params, is_conditional=self._options.is_conditional)

    @recorded
    def _fetch_anew(self, params: dict[str, Any] | None = None) -> SourceResult:
        return self._fetch(params, is_conditional=False)

    def _fetch(self, params: dict[str, Any] | None, *, is_conditional: bool) -> SourceResult:
        secrets = self._secrets_of(params)
        with self._typed_errors(secrets):
            request = self._template.fill(params or {})
            exchange = self._exchange(secrets)
        with exchange:
            try:
                with self._typed_errors(secrets):
                    return self._received(exchange, request, params, is_conditional=is_conditional)
            except SpineError as error:
                metadata = self.create_metadata(params, url=request.shown, retry_count=exchange.retries)
                return SourceResult.fail(error, metadata)

    def stream(self, params: dict[str, Any] | None = None, batch_size: int = 1000) -> Iterator[list[Row]]:
        """Yield lists of `batch_size` rows, the last one shorter; one page at a time is in memory or on disk."""
        secrets = self._secrets_of(params)
        with self._typed_errors(secrets):
            if batch_size < 1:
                raise ValidationError(
                    f"batch_size is {batch_size}: use 1 or more", field="batch_size", value=batch_size
                )
            if not self.supports_streaming:
                raise SourceError("Streaming not supported for raw responses: use fetch()")
            request = self._template.fill(params or {})
            with self._exchange(secrets) as exchange:
                pages = stream_pages(exchange, Walk(request, self._options), self._options, batch_size)
                rows = chain.from_iterable(pages)
                while batch := list(islice(rows, batch_size)):
                    yield batch

    def get_cache_key(self, params: dict[str, Any] | None = None) -> str:
        """Return a key that is the same for the same request, of 64 characters and without a secret."""
        request = self._template.fill(params or {})
        secrets = self._secrets_of(params)
        public = [[item.name, item.value] for item in request.query if not secrets.occur_in(item.value)]
        return hash_json([self.name, request.method, request.shown, public, self.format.value])

    def has_changed(
        self,
        params: dict[str, Any] | None = None,
        last_hash: str | None = None,
        last_etag: str | None = None,
        last_modified: str | datetime | None = None,
    ) -> bool:
        """Return whether the data differs from what the hints describe.

        The server's 304 says unchanged; else the hash decides where one is given, then the ETag, then the time of
        modification. True without hints, and for data that cannot be fetched.
        """
        date = as_http_date(last_modified)
        if not (last_hash or last_etag or date):
            return True
        try:
            with self._exchange(self._secrets_of(params)) as exchange:
                asked = validators(last_etag, date) if self._options.is_conditional else {}
                walk = Walk(self._template.fill(params or {}), self._options)
                pages = list(read_pages(exchange, walk, asked))
        except SpineError:
            return True
        answer = pages[0].answer
        if answer.status == NOT_MODIFIED:
            return False
        if last_hash:
            return last_hash != _digest(pages)
        if last_etag:
            return bool(last_etag != answer.headers.get("etag"))
        return bool(date != answer.headers.get("last-modified"))

    def _received(
        self, exchange: Exchange, request: Request, params: dict[str, Any] | None, *, is_conditional: bool
    ) -> SourceResult:
        key = self.get_cache_key(params)
        last = last_response(self.name, key, request.shown) if is_conditional else None
        asked = validators(last.etag, last.last_modified) if last else {}
        walk = Walk(request, self._options)
        pages = list(read_pages(exchange, walk, asked))
        metadata = self.create_metadata(
            params,
            url=request.shown,
            retry_count=exchange.retries,
            bytes_fetched=sum(page.answer.size for page in pages),
        )
        first = pages[0].answer
        if last is not None and first.status == NOT_MODIFIED:
            metadata.content_hash, metadata.etag = last.content_hash, last.etag
            metadata.last_modified = as_iso(last.last_modified)
            return SourceResult.unchanged(metadata, partial(self._fetch_anew, params))
        metadata.content_hash = _digest(pages)
        result = self._result(pages, metadata)
        metadata.duplicate_row_count = walk.unique.dropped
        if self._options.pagination is None or self._options.pagination.conditional:
            metadata.etag, metadata.last_modified = (
                first.headers.get("etag"),
                as_iso(first.headers.get("last-modified")),
            )
        if self._options.is_conditional:
            remember_response(self.name, key, request.shown, metadata.content_hash, first.headers)
        return result

    def _result(self, pages: list[Received], metadata: SourceMetadata) -> SourceResult:
        if self._options.unparsed:
            return SourceResult.ok_raw(pages[0].content.raw or b"", metadata)
        metadata.renamed_columns = {new: old for page in pages for new, old in page.content.renamed.items()}
        return SourceResult.ok(joined([(page.content, page.request.shown) for page in pages]), metadata)

    def create_metadata(self, params: dict[str, Any] | None = None, **fields: Any) -> SourceMetadata:
        """Return the metadata of a fetch, without its secrets."""
        return super().create_metadata(self._template.hidden(params or {}).masked(), **fields)

    def _secrets_of(self, params: dict[str, Any] | None) -> KnownSecrets:
        return self._secrets.also(self._template.hidden(params or {}).texts)

    def _exchange(self, secrets: KnownSecrets) -> Exchange:
        border = evolve(self._border, secrets=secrets)
        budget = run_budget(self.name, self._options.max_attempts_per_run)
        return Exchange(self._options, border, secrets, self._token, self._machine, self._tls, budget)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        if self._options.ca_file is None:
            return usual_tls()
        try:
            return ssl.create_default_context(cafile=self._options.ca_file)
        except OSError as error:
            raise ConfigError(f"ca_file {self._options.ca_file} cannot be read: {error}", cause=error) from error

    @contextmanager
    def _typed_errors(self, secrets: KnownSecrets) -> Iterator[None]:
        """Raise every failure as an error that names this source and holds no secret."""
        try:
            yield
        except SpineError as error:
            self._wrap_error(secrets.clean(error))
            raise
        except Exception as error:
            raise secrets.clean(self._wrap_error(error)) from error

    def _shown_options(self) -> dict[str, Any]:
        shown = asdict(self._options, recurse=False)
        del shown["name"]
        for name in ("params", "headers"):
            shown[name] = dict.fromkeys(shown[name], MASK)
        return shown | {"url": self._template.shown, "json": None if shown["json"] is None else MASK}


def _with_user(options: HttpSourceConfig, userinfo: str) -> HttpSourceConfig:
    """Return the options with the user and password of the URL as basic authentication."""
    if not userinfo:
        return options
    if options.auth is not None:
        raise InvalidConfigError("url", None, "url has a user or password and there is auth, too: leave one out")
    user, _, password = userinfo.partition(":")
    if not password:
        raise InvalidConfigError("url", None, "url has a user without a password: use auth")
    return evolve(options, auth=Auth(AuthType.BASIC, username=unquote(user), password=Secret(unquote(password))))


def _digest(pages: list[Received]) -> str:
    if len(pages) == 1:
        return pages[0].answer.digest
    return hash_json([page.answer.digest for page in pages])
