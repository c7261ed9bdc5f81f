"""The options of an HTTP source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, fields, frozen
from attrs.validators import optional

from spine.core.duration import Seconds
from spine.core.errors import InvalidConfigError
from spine.core.secrets import Secret, SecretText
from spine.formats.delimited import DelimitedOptions
from spine.formats.dialect import column_aliases, column_types
from spine.formats.jsonpath import is_path
from spine.framework.sources.source import SourceConfig
from spine.http.headers import HEADER_NAME
from spine_sources_http.auth import Auth, as_auth
from spine_sources_http.checks import is_bool, is_number, is_text, texts
from spine_sources_http.pagination import Pagination, as_pagination
from spine_sources_http.responseformat import ResponseFormat, as_response_format
from spine_sources_http.retry import RetryRule

_METHODS = ("GET", "POST")
_OF_DELIMITED_TEXT = (
    "delimiter",
    "quote_char",
    "escape_char",
    "column_names",
    "aliases",
    "header_rows",
    "skip_rows",
    "comment",
    "schema",
    "null_values",
)
_OWN_HEADERS = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "range")


def _url(value: Any) -> str:
    text = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(text, str) or not text.isprintable() or " " in text:
        raise InvalidConfigError("url", None, "url is not valid: give one that starts with http:// or https://")
    return SecretText(text) if isinstance(value, Secret) else text


def _method(value: Any) -> str:
    method = str(value).upper()
    if method not in _METHODS:
        raise InvalidConfigError("method", value, f"method {value!r} is not one of GET and POST")
    return method


def _params(value: Any) -> dict[str, Any]:
    given = _table("params", value)
    for name, item in given.items():
        items = item if isinstance(item, (list, tuple)) else [item]
        if not all(isinstance(each, (str, int, float, Secret, type(None))) for each in items):
            raise InvalidConfigError(
                f"params.{name}", None, f"params.{name} is not valid: give a text, a number, true, false, or a list"
            )
    return given


def _headers(value: Any) -> dict[str, Any]:
    given = _table("headers", value)
    for name, item in given.items():
        if not isinstance(item, (str, Secret)):
            raise InvalidConfigError(f"headers.{name}", None, f"headers.{name} is not valid: give a text")
        if not HEADER_NAME.fullmatch(name):
            raise InvalidConfigError("headers", name, f"headers has {name!r}, which is not a header name")
        if name.lower() in _OWN_HEADERS:
            raise InvalidConfigError(
                "headers", name, f"headers has {name!r}, which is set for each request: leave it out"
            )
    return given


def _table(name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidConfigError(name, None, f"{name} is not valid: give a table of names and values")
    return dict(value)


def _column_names(value: Any) -> tuple[str, ...] | None:
    return texts("column_names", value)


def _null_values(value: Any) -> tuple[str, ...] | None:
    listed = tuple(value) if isinstance(value, (list, tuple)) else ()
    if value is not None and not (listed and all(isinstance(text, str) for text in listed)):
        raise InvalidConfigError("null_values", value, f"null_values {value!r} is not valid: give a list of texts")
    return None if value is None else listed


def _allowed_hosts(value: Any) -> tuple[str, ...] | None:
    return texts("allowed_hosts", value)


def _help(text: str, **more: Any) -> dict[str, Any]:
    return {"help": text, **more}


_TINY = 0.001  # seconds, or requests a second


@frozen
class HttpSourceConfig(SourceConfig):
    """The arguments of HttpSource, and the keys of its table in `spine.toml`."""

    url: str = field(
        converter=_url,
        repr=False,
        metadata=_help(
            "The URL; `{name}` in its path or query is filled from the parameter `name` of the fetch. "
            "Given by reference it is never shown."
        ),
    )
    method: str = field(
        kw_only=True, default="GET", converter=_method, metadata=_help("GET, or POST for a query in the body.")
    )
    params: Mapping[str, Any] = field(
        kw_only=True,
        factory=dict,
        converter=_params,
        repr=False,
        metadata=_help("Parameters of the URL; a text may hold `{name}`, a list repeats the parameter."),
    )
    headers: Mapping[str, Any] = field(
        kw_only=True,
        factory=dict,
        converter=_headers,
        repr=False,
        metadata=_help("Headers, sent to the origin of the URL only; a text may hold `{name}`."),
    )
    json: Any = field(
        kw_only=True,
        default=None,
        repr=False,
        metadata=_help(
            'The JSON body of a POST; a text may hold `{name}`, and "{name}" alone keeps its type.', hidden_texts=True
        ),
    )
    format: ResponseFormat = field(
        kw_only=True,
        default=ResponseFormat.JSON,
        converter=as_response_format,
        metadata=_help("json, jsonl, csv, psv, tsv, parquet, arrow or raw (bytes)."),
    )
    json_path: str | None = field(
        kw_only=True,
        default=None,
        validator=[is_text(), is_path()],
        metadata=_help(
            "The dotted path of the rows in a JSON document, such as `result.items`; a key with a dot stands in "
            "quotes, `$` is the whole document. By default `data`, `items`, `results`, `records` or `rows` where "
            "nothing stands beside it."
        ),
    )
    encoding: str | None = field(
        kw_only=True,
        default=None,
        validator=is_text(),
        metadata=_help(
            "The encoding of text, as Python names it; by default the charset of the Content-Type, or UTF-8."
        ),
    )
    delimiter: str | None = field(
        kw_only=True,
        default=None,
        validator=is_text(),
        metadata=_help("The character between two fields; by default that of the format: comma, pipe or tab."),
    )
    quote_char: str | None = field(
        kw_only=True,
        default='"',
        validator=is_text(),
        metadata=_help("The character around a field that holds a delimiter or a line end; None for no quoting."),
    )
    escape_char: str | None = field(
        kw_only=True,
        default=None,
        validator=is_text(),
        metadata=_help("The character that makes the next one literal."),
    )
    column_names: tuple[str, ...] | None = field(
        kw_only=True,
        default=None,
        converter=_column_names,
        metadata=_help("The names of the columns, for text that has no header line."),
    )
    header_rows: int = field(
        kw_only=True,
        default=1,
        validator=is_number(1, whole=True),
        metadata=_help("Number of lines in the header; their cells are joined column by column."),
    )
    aliases: Mapping[str, str] | None = field(
        kw_only=True,
        default=None,
        metadata=_help('New names of columns, `{ new = "old" }`, for text that was written under another name.'),
    )
    schema: Mapping[str, str | Mapping[str, str]] | None = field(
        kw_only=True,
        default=None,
        metadata=_help(
            "Column to type, for delimited text: string, int64, float64, decimal(18,4), bool, date, timestamp or "
            'timestamptz, or `{ type = "date", format = "%d.%m.%Y" }` or `{ type = "float64", decimal = ",", '
            'thousands = "." }`; columns that it does not name stay text.'
        ),
    )
    null_values: tuple[str, ...] | None = field(
        kw_only=True,
        default=None,
        converter=_null_values,
        metadata=_help(
            "Texts that mean null in every column; an empty text is null in columns that are not text anyway."
        ),
    )
    skip_rows: int = field(
        kw_only=True,
        default=0,
        validator=is_number(0, whole=True),
        metadata=_help("Number of lines to skip before the header."),
    )
    comment: str | None = field(
        kw_only=True,
        default=None,
        validator=is_text(),
        metadata=_help("Lines that start with this text are skipped."),
    )
    allow_empty: bool = field(
        kw_only=True,
        default=False,
        validator=is_bool(),
        metadata=_help(
            "Accept delimited text or JSON Lines without rows, and a document with null or nothing at json_path, which "
            "are otherwise errors."
        ),
    )
    auth: Auth | None = field(
        kw_only=True,
        default=None,
        converter=as_auth,
        metadata=_help("The credentials: api_key, basic, bearer or oauth2, with what each needs."),
    )
    pagination: Pagination | None = field(
        kw_only=True,
        default=None,
        converter=as_pagination,
        metadata=_help("Pagination of the responses: page, offset, cursor, link or next_url."),
    )
    conditional: bool = field(
        kw_only=True,
        default=True,
        validator=is_bool(),
        metadata=_help("Send ETag and Last-Modified of the last fetch back; 304 is then an unchanged result."),
    )
    connect_timeout: Seconds = field(
        kw_only=True, default=10.0, validator=is_number(_TINY), metadata=_help("Seconds to wait for a connection.")
    )
    read_timeout: Seconds = field(
        kw_only=True, default=30.0, validator=is_number(_TINY), metadata=_help("Seconds to wait for the next bytes.")
    )
    total_timeout: Seconds = field(
        kw_only=True,
        default=600.0,
        validator=is_number(_TINY),
        metadata=_help("Seconds that a fetch may take, with its pages, retries and waits; in a stream, each page."),
    )
    max_attempts: int = field(
        kw_only=True,
        default=5,
        validator=is_number(1, whole=True),
        metadata=_help(
            "Attempts of a request at most, the first one included; a step's own retries repeat the whole fetch."
        ),
    )
    max_attempts_per_run: int | None = field(
        kw_only=True,
        default=None,
        validator=is_number(1, whole=True),
        metadata=_help("Failed attempts in a run, over all pages and retries of its steps, after which none follows."),
    )
    poll_timeout: Seconds | None = field(
        kw_only=True,
        default=None,
        validator=is_number(_TINY),
        metadata=_help("Seconds to ask again while the server answers 202; by default max_attempts counts."),
    )
    retry_delay: float = field(
        kw_only=True,
        default=1.0,
        validator=is_number(0),
        metadata=_help("Longest backoff before the first retry, in seconds; it doubles with each retry."),
    )
    max_retry_delay: float = field(
        kw_only=True,
        default=60.0,
        validator=is_number(0),
        metadata=_help("Longest backoff before any retry, in seconds; it also caps Retry-After."),
    )
    requests_per_second: float | None = field(
        kw_only=True,
        default=None,
        validator=is_number(_TINY),
        metadata=_help("Requests to a host per second, for all sources of a process."),
    )
    burst: int = field(
        kw_only=True,
        default=1,
        validator=is_number(1, whole=True),
        metadata=_help("Requests that may be sent in a burst after a pause."),
    )
    max_bytes: int = field(
        kw_only=True,
        default=1 << 28,
        validator=is_number(1, whole=True),
        metadata=_help("The largest response in bytes, decompressed, with repeated values of Parquet written out."),
    )
    max_ratio: int = field(
        kw_only=True,
        default=200,
        validator=is_number(1, whole=True),
        metadata=_help("Largest decompression ratio of a response, from one MiB on."),
    )
    allowed_hosts: tuple[str, ...] | None = field(
        kw_only=True,
        default=None,
        converter=_allowed_hosts,
        metadata=_help("Hosts besides that of the URL that redirects and pages may lead to; any by default."),
    )
    block_private: bool | None = field(
        kw_only=True,
        default=None,
        validator=optional(is_bool()),
        metadata=_help(
            "Refuse loopback, link-local, private and reserved addresses; by default those that redirects and pages "
            "lead to, where the URL itself is public."
        ),
    )
    ca_file: str | None = field(
        kw_only=True,
        default=None,
        validator=is_text(),
        metadata=_help("A file with the certificate authorities to trust instead of the default ones.", path=True),
    )
    domain: str | None = field(
        kw_only=True,
        default=None,
        validator=is_text(),
        metadata=_help("The domain that the data belongs to, for alerts and history."),
    )

    def __attrs_post_init__(self) -> None:
        _ = self.delimited  # checks the characters and the encoding
        if self.json is not None and self.method != "POST":
            raise InvalidConfigError("json", None, 'json has no effect on GET: set method = "POST", or leave it out')
        self._refuse_options_without_effect()
        if self.pagination is not None:
            self._check_pagination(self.pagination)

    @property
    def delimited(self) -> DelimitedOptions:
        """The options of the reader of delimited text."""
        return DelimitedOptions(
            delimiter=self.delimiter or self.format.delimiter or ",",
            quote_char=self.quote_char,
            escape_char=self.escape_char,
            encoding=self.encoding or "utf-8",
            column_names=self.column_names,
            aliases=column_aliases(self.aliases),
            header_rows=self.header_rows,
            schema=column_types(self.schema),
            null_values=self.null_values or (),
            skip_rows=self.skip_rows,
            comment=self.comment,
            allow_empty=self.allow_empty,
        )

    @property
    def retry_rule(self) -> RetryRule:
        """The retry policy of a request."""
        return RetryRule(self.max_attempts, self.retry_delay, self.max_retry_delay, self.poll_timeout)

    @property
    def unparsed(self) -> bool:
        """True if the content stays bytes."""
        return self.format is ResponseFormat.RAW

    @property
    def is_conditional(self) -> bool:
        """True if requests can be conditional: by GET, and of pages where page 1 stands for all."""
        stands_for_all = self.pagination is None or self.pagination.conditional
        return self.conditional and self.method == "GET" and stands_for_all

    def _refuse_options_without_effect(self) -> None:
        without_effect = set() if self.format.delimiter else {*_OF_DELIMITED_TEXT}
        if self.format is not ResponseFormat.JSON:
            without_effect.add("json_path")
        has_path = self.format is ResponseFormat.JSON and self.json_path is not None
        if not self.format.delimiter and self.format is not ResponseFormat.JSONL and not has_path:
            without_effect.add("allow_empty")
        for option in fields(HttpSourceConfig):
            value = getattr(self, option.name)
            if option.name in without_effect and value != option.default:
                raise InvalidConfigError(
                    option.name, value, f"{option.name} has no effect on {self.format.value} responses: leave it out"
                )

    def _check_pagination(self, pagination: Pagination) -> None:
        if self.unparsed:
            raise InvalidConfigError("pagination", None, "pagination has no effect on raw responses: leave it out")
        if pagination.reads_documents and self.format is not ResponseFormat.JSON:
            raise InvalidConfigError(
                "pagination",
                None,
                f"pagination of type {pagination.type.value} needs responses in JSON; use link"
                if pagination.path
                else "pagination reads more_path, total_path and pages_path in JSON only: leave them out",
            )
        if pagination.conditional and self.method != "GET":
            raise InvalidConfigError(
                "pagination.conditional", True, "pagination.conditional has no effect on POST: leave it out"
            )
        if pagination.place == "json" and not isinstance(self.json, (Mapping, type(None))):
            raise InvalidConfigError("json", None, "json must be a table, as pagination puts its parameters into it")
        if pagination.place == "json" and self.method != "POST":
            raise InvalidConfigError(
                "pagination.place", pagination.place, 'pagination.place "json" needs method = "POST"'
            )
