"""Pagination: the next request, from the page before."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal

import httpx
from attrs import field, fields, frozen

from spine.core.errors import InvalidConfigError, ParseError
from spine.core.suggest import did_you_mean
from spine.formats.jsonpath import MISSING, WHOLE, JsonPath, is_path
from spine_sources_http.checks import is_bool, is_number, is_one_of, is_text, texts
from spine_sources_http.links import header_text, next_link
from spine_sources_http.request import Request


class PageStyle(str, Enum):
    """Types of pagination."""

    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"
    LINK = "link"
    NEXT_URL = "next_url"


_USUAL_PARAM = {PageStyle.PAGE: "page", PageStyle.OFFSET: "offset", PageStyle.CURSOR: "cursor"}
_NEEDS_PATH = (PageStyle.CURSOR, PageStyle.NEXT_URL)
_NUMBERED = (PageStyle.PAGE, PageStyle.OFFSET)
_ONLY_FOR = {
    "param": tuple(_USUAL_PARAM),
    "start": _NUMBERED,
    "path_required": _NEEDS_PATH,
    **dict.fromkeys(("total_path", "pages_path", "end_statuses", "end_at_short_page", "end_at_repeat"), _NUMBERED),
}
_NO_END = (401, 403, 407, 408, 425, 429)  # refused credentials, and what is tried again


def _style(value: Any) -> PageStyle:
    try:
        return PageStyle(value)
    except ValueError as error:
        known = did_you_mean(str(value), [known.value for known in PageStyle])
        raise InvalidConfigError("pagination.type", value, f"pagination.type {value!r} is not known{known}") from error


def _end_statuses(value: Any) -> tuple[int, ...] | None:
    if value is None:
        return None
    listed = tuple(value) if isinstance(value, (list, tuple)) else ()
    right = all(type(status) is int and 400 <= status <= 499 and status not in _NO_END for status in listed)
    if not right or not isinstance(value, (list, tuple)):
        raise InvalidConfigError(
            "pagination.end_statuses",
            value,
            f"pagination.end_statuses {value!r} is not valid: give a list of statuses such as [404, 400]",
        )
    return listed


def _unique_key(value: Any) -> tuple[str, ...] | None:
    return texts("pagination.unique_key", [value] if isinstance(value, str) else value)


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@frozen
class Pagination:
    """The rule by which the pages of an answer are requested."""

    type: PageStyle = field(
        converter=_style,
        metadata=_help("page (a number), offset (of rows), cursor (in the body), link (the Link header) or next_url."),
    )
    param: str | None = field(
        default=None,
        validator=is_text("pagination"),
        metadata=_help("The parameter for page, offset or cursor; by default it is called like the type."),
    )
    start: int | None = field(
        default=None,
        validator=is_number(0, whole=True, table="pagination"),
        metadata=_help("The first page (1 by default) or the first offset (0 by default)."),
    )
    size: int | None = field(
        default=None,
        validator=is_number(1, whole=True, table="pagination"),
        metadata=_help("Rows to request per page."),
    )
    size_param: str | None = field(
        default=None, validator=is_text("pagination"), metadata=_help("The parameter that `size` goes into.")
    )
    place: Literal["query", "json"] = field(
        default="query",
        validator=is_one_of("query", "json", table="pagination"),
        metadata=_help("Place of these parameters: the URL or the JSON body."),
    )
    path: str | None = field(
        default=None,
        validator=[is_text("pagination"), is_path("pagination")],
        metadata=_help("The dotted path of the cursor or of the next URL in the JSON that is answered."),
    )
    path_required: bool = field(
        default=True,
        validator=is_bool("pagination"),
        metadata=_help("Fail if page 1 has no `path`; false where an answer of one page leaves it out."),
    )
    more_path: str | None = field(
        default=None,
        validator=[is_text("pagination"), is_path("pagination")],
        metadata=_help(
            "The dotted path of a true or false that says whether there are more pages; by default `has_more` and the "
            "like beside the cursor."
        ),
    )
    total_path: str | None = field(
        default=None,
        validator=[is_text("pagination"), is_path("pagination")],
        metadata=_help("The dotted path of the number of all rows; an end before that is an error."),
    )
    pages_path: str | None = field(
        default=None,
        validator=[is_text("pagination"), is_path("pagination")],
        metadata=_help("The dotted path of the number of pages; an end before that is an error."),
    )
    end_statuses: tuple[int, ...] | None = field(
        default=None,
        converter=_end_statuses,
        metadata=_help(
            "Statuses that mean, after page 1, that there are no more pages, such as 400; by default 404 in the "
            "format of the pages."
        ),
    )
    end_at_short_page: bool = field(
        default=False,
        validator=is_bool("pagination"),
        metadata=_help("A page with fewer rows than `size` is the last one."),
    )
    end_at_repeat: bool = field(
        default=False,
        validator=is_bool("pagination"),
        metadata=_help("A page that came before is the end; it is an error otherwise."),
    )
    unique_key: tuple[str, ...] | None = field(
        default=None,
        converter=_unique_key,
        metadata=_help("Columns that tell rows apart: one that comes again on a later page is dropped and counted."),
    )
    conditional: bool = field(
        default=False,
        validator=is_bool("pagination"),
        metadata=_help("Take all pages as unchanged if the server says so of page 1, by its ETag or Last-Modified."),
    )
    max_pages: int = field(
        default=10_000,
        validator=is_number(1, whole=True, table="pagination"),
        metadata=_help("Most pages of a fetch; more are an error."),
    )

    def __attrs_post_init__(self) -> None:
        if (self.type in _NEEDS_PATH) != bool(self.path):
            what = "needs path: the place of it in the answer" if self.type in _NEEDS_PATH else "has no path"
            raise InvalidConfigError("pagination.path", self.path, f"pagination of type {self.type.value} {what}")
        for option in fields(Pagination):
            value = getattr(self, option.name)
            if value != option.default and self.type not in _ONLY_FOR.get(option.name, tuple(PageStyle)):
                raise InvalidConfigError(
                    f"pagination.{option.name}",
                    value,
                    f"pagination of type {self.type.value} has no {option.name}: leave it out",
                )
        if (self.size is None) != (self.size_param is None):
            raise InvalidConfigError("pagination.size", self.size, "pagination needs both size and size_param, or none")
        if self.end_at_short_page and self.size is None:
            raise InvalidConfigError(
                "pagination.end_at_short_page", True, "pagination.end_at_short_page needs size and size_param"
            )
        for name in ("param", "size_param"):
            if self.place == "json" and getattr(self, name) is not None:
                is_path("pagination")(self, getattr(fields(Pagination), name), getattr(self, name))

    @property
    def is_numbered(self) -> bool:
        """True where pages are asked for by number or offset, and one without rows is the end of the data."""
        return self.type in _NUMBERED

    @property
    def reads_documents(self) -> bool:
        """True where something is looked up in the JSON of a page."""
        return any((self.path, self.more_path, self.total_path, self.pages_path))

    @property
    def own_keys(self) -> frozenset[str]:
        """The keys of a document that belong to pagination, so that they are not lost beside the rows."""
        paths = (self.path, self.more_path, self.total_path, self.pages_path)
        return frozenset(JsonPath.parse(path).steps[0].key for path in paths if path and path != WHOLE)

    def first(self, request: Request) -> Request:
        """Return the request for the first page."""
        if self.size_param and self.size is not None:
            request = self._with(request, self.size_param, self.size)
        if self.is_numbered:
            request = self._with(request, self._param, self._first_number)
        return request

    def following(self, request: Request, page: Page) -> Request | None:
        """Return the request for the page after `page`, None if that was the last one."""
        match self.type:
            case PageStyle.PAGE:
                return self._with(request, self._param, self._first_number + page.number) if page.rows else None
            case PageStyle.OFFSET:
                return self._with(request, self._param, self._first_number + page.rows_so_far) if page.rows else None
            case PageStyle.CURSOR:
                cursor = self._found(page, (str, int))
                return None if cursor in (None, "") else self._with(request, self._param, cursor)
            case PageStyle.LINK:
                return _at(request, page, next_link(header_text(page.headers, "link") or "", page.label))
            case PageStyle.NEXT_URL:
                return _at(request, page, self._found(page, (str,)))

    @property
    def _param(self) -> str:
        return self.param or _USUAL_PARAM[self.type]

    @property
    def _first_number(self) -> int:
        return self.start if self.start is not None else int(self.type is PageStyle.PAGE)

    def _with(self, request: Request, name: str, value: Any) -> Request:
        return request.with_json(name, value) if self.place == "json" else request.with_query(name, value)

    def _found(self, page: Page, kinds: tuple[Any, ...]) -> Any:
        path = JsonPath.parse(str(self.path))
        value = path.find(page.document)
        if value is MISSING and page.number == 1 and page.rows and self.path_required:
            raise ParseError(
                f"{page.label} has no {self.path!r}: {path.missing(page.document)}; check pagination.path, or set "
                "pagination.path_required = false if an answer of one page leaves it out"
            )
        if value is MISSING or value is None or value is False:  # some APIs say false for "no more"
            return None
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ParseError(f"{page.label}: the value at {self.path!r} is no {self.type.value}; check pagination.path")
        return value


@frozen
class Page:
    """One page, from which the request for the next follows; `number` counts from 1.

    `rows` and `rows_so_far` count what the server gave, `kept` the rows so far without those that came twice.
    """

    number: int
    label: str
    url: httpx.URL
    headers: httpx.Headers
    document: Any
    rows: int
    rows_so_far: int
    kept: int


def as_pagination(value: Pagination | Mapping[str, Any] | None) -> Pagination | None:
    """Return the checked option `pagination`."""
    if value is None or isinstance(value, Pagination):
        return value
    if not isinstance(value, Mapping):
        raise InvalidConfigError("pagination", None, 'pagination must be a table such as { type = "link" }')
    known = [option.name for option in fields(Pagination)]
    for name in value:
        if name not in known:
            raise InvalidConfigError(
                f"pagination.{name}", None, f"pagination has no option {name!r}{did_you_mean(name, known)}"
            )
    if "type" not in value:
        raise InvalidConfigError(
            "pagination.type", None, "pagination needs a type: page, offset, cursor, link, next_url"
        )
    return Pagination(**value)


def _at(request: Request, page: Page, target: str | None) -> Request | None:
    if not target:
        return None
    try:
        return request.at(_encrypted(page.url.join(target), page.url))
    except httpx.InvalidURL as error:
        raise ParseError(f"{page.label}: the URL of the next page is not valid: {error}") from error


def _encrypted(target: httpx.URL, page: httpx.URL) -> httpx.URL:
    """Return the URL of the next page; a server behind a proxy may think that it is asked by http."""
    is_same_host = target.host == page.host and target.port in (None, page.port)
    if page.scheme == "https" and target.scheme == "http" and is_same_host:
        return target.copy_with(scheme=page.scheme, port=page.port)
    return target
