"""Pagination: the next request, from the page before."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal

import httpx
from attrs import field, fields, frozen

from spine.core.errors import InvalidConfigError, ParseError, SourceError
from spine.core.suggest import did_you_mean
from spine.formats.jsontext import value_at
from spine_sources_http.checks import is_number, is_one_of, is_text
from spine_sources_http.links import next_link
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


def _style(value: Any) -> PageStyle:
    try:
        return PageStyle(value)
    except ValueError as error:
        known = did_you_mean(str(value), [known.value for known in PageStyle])
        raise InvalidConfigError("pagination.type", value, f"pagination.type {value!r} is not known{known}") from error


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
        validator=is_text("pagination"),
        metadata=_help("The dotted path of the cursor or of the next URL in the JSON that is answered."),
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
        if self.param and self.type not in _USUAL_PARAM:
            raise InvalidConfigError(
                "pagination.param", self.param, f"pagination of type {self.type.value} has no param: leave it out"
            )
        if self.start is not None and self.type not in (PageStyle.PAGE, PageStyle.OFFSET):
            raise InvalidConfigError(
                "pagination.start", self.start, f"pagination of type {self.type.value} has no start: leave it out"
            )
        if (self.size is None) != (self.size_param is None):
            raise InvalidConfigError("pagination.size", self.size, "pagination needs both size and size_param, or none")

    @property
    def ends_with_empty_page(self) -> bool:
        """True where a page without rows is the end of the data."""
        return self.type in (PageStyle.PAGE, PageStyle.OFFSET)

    def first(self, request: Request) -> Request:
        """Return the request for the first page."""
        if self.size_param and self.size is not None:
            request = self._with(request, self.size_param, self.size)
        if self.ends_with_empty_page:
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
                return _at(request, page, next_link(", ".join(page.headers.get_list("link"))))
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
        value = value_at(page.document, str(self.path))
        if value is None or value is False:  # some APIs say false for "no more"
            return None
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ParseError(f"{page.label}: the value at {self.path!r} is no {self.type.value}; check pagination.path")
        return value


@frozen
class Page:
    """One page, from which the request for the next follows; `number` counts from 1."""

    number: int
    label: str
    url: httpx.URL
    headers: httpx.Headers
    document: Any
    rows: int
    rows_so_far: int


class LoopGuard:
    """Guard against a pagination without an end."""

    def __init__(self, pagination: Pagination) -> None:
        self._pagination = pagination
        self._asked: dict[str, int] = {}
        self._contents: dict[str, int] = {}

    def ask(self, request: Request, number: int) -> None:
        """Refuse a request that was sent before, and one page too many."""
        if number > self._pagination.max_pages:
            raise SourceError(
                f"{request.shown}: there are more than {self._pagination.max_pages:,} pages; "
                "if that is right, raise pagination.max_pages"
            )
        before = self._asked.setdefault(request.fingerprint, number)
        if before != number:
            raise SourceError(
                f"{request.shown}: page {number} has the same request as page {before}, so the pages would never end; "
                "check pagination"
            )

    def receive(self, request: Request, digest: str, page: Page) -> None:
        """Refuse a page that came before: the server may ignore the parameter."""
        before = self._contents.setdefault(digest, page.number)
        if page.rows and before != page.number and self._pagination.ends_with_empty_page:
            raise SourceError(
                f"{request.shown}: page {page.number} is the same as page {before}, so the server may not know the "
                "parameter of pagination; check pagination.param"
            )


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
        return request.at(page.url.join(target))
    except httpx.InvalidURL as error:
        raise ParseError(f"{page.label}: the URL of the next page is not valid: {error}") from error
