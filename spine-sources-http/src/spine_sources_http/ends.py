"""The end of pages: what their documents say about it, and what contradicts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spine.core.errors import ParseError, SourceError, SourceUnavailableError
from spine.formats.jsonpath import MISSING, JsonPath
from spine_sources_http.pagination import Page, Pagination

_MORE_KEYS = ("has_more", "hasMore", "has_next", "hasNext", "has_next_page", "hasNextPage")
_PAGES_KEYS = (
    "pages",
    "page_count",
    "pageCount",
    "total_pages",
    "totalPages",
    "num_pages",
    "numPages",
    "last_page",
    "lastPage",
)
_TOTAL_KEYS = ("total", "total_count", "totalCount", "total_results", "totalResults", "total_elements")
_ENVELOPES = ("meta", "metadata", "pagination", "paging", "page_info", "pageInfo", "page", "info")


class End:
    """Statements of the pages so far about their end; `reached` is true when the options say that it has come."""

    def __init__(self, pagination: Pagination) -> None:
        self._pagination = pagination
        self._page: Page | None = None
        self._more: bool | None = None
        self._total: int | None = None
        self._least: int | None = None  # rows that there were at the beginning
        self._pages: int | None = None
        self.is_stated = False

    def see(self, page: Page) -> None:
        """Take what a page says; a document without a statement leaves the one before."""
        self._page = page
        if page.document is None:
            return
        self._more = self._more_of(page)
        self._pages = self._count(page, self._pagination.pages_path) or self._pages
        self._see_total(page, self._count(page, self._pagination.total_path))
        self.is_stated = self._states_last(page)

    @property
    def reached(self) -> bool:
        page, pagination = self._page, self._pagination
        if page is None or self._more is False:
            return self._more is False
        by_total = self._total is not None and page.kept >= self._total
        by_pages = self._pages is not None and page.number >= self._pages
        by_size = pagination.end_at_short_page and pagination.size is not None and page.rows < pagination.size
        return by_total or by_pages or by_size

    def confirm(self, label: str) -> None:
        """Raise SourceError if the pages have come to an end, and said that there is more."""
        page = self._page
        if page is None:
            return
        if self._more:
            raise SourceError(f"{label} says that there are more pages and not where; check pagination")
        if self._least is not None and page.kept < self._least:
            raise SourceError(f"{label}: the pages end after {page.kept:,} of {self._least:,} rows; fetch again")
        last = page.number if page.rows else page.number - 1
        if self._pages is not None and last < self._pages:
            raise SourceError(f"{label}: the pages end after {last:,} of {self._pages:,}; fetch again")

    def _see_total(self, page: Page, total: int | None) -> None:
        if total is None:
            return
        before = self._total
        has_grown = before is not None and total > before and self._pagination.unique_key is not None
        if before not in (None, total) and not has_grown:
            raise SourceUnavailableError(
                f"{page.label}: there were {before:,} rows in all and now are {total:,}, so the pages moved while "
                "they were read, and a row may be missing or come twice; fetch again, with pagination.unique_key if "
                "rows are only added"
            )
        self._total = total
        self._least = total if self._least is None else self._least

    def _more_of(self, page: Page) -> bool | None:
        path = self._pagination.more_path
        if path is not None:
            found = JsonPath.parse(path).find(page.document)
            if not isinstance(found, bool):
                raise ParseError(f"{page.label} has no true or false at {path!r}; check pagination.more_path")
            return found
        if self._pagination.path is None:
            return None
        beside = JsonPath.parse(self._pagination.path).parent.find(page.document)
        for place in (beside, page.document):
            for flag in (place.get(key) for key in _MORE_KEYS if isinstance(place, dict)):
                if isinstance(flag, bool):
                    return flag
        return None

    def _count(self, page: Page, path: str | None) -> int | None:
        if path is None:
            return None
        parsed = JsonPath.parse(path)
        found = parsed.find(page.document)
        if isinstance(found, str) and found.isascii() and found.isdigit():
            found = int(found)
        if type(found) is int and found >= 0:
            return found
        if (found is MISSING or found is None) and page.number > 1:
            return None
        where = f": {parsed.missing(page.document)}" if found is MISSING else ""
        raise ParseError(f"{page.label} has no number at {path!r}{where}; check pagination")

    def _states_last(self, page: Page) -> bool:
        """Return whether a usual count in the document says that this was the last page."""
        for place in _envelopes(page.document):
            if any(place.get(key) == page.number and type(place[key]) is int for key in _PAGES_KEYS if key in place):
                return True
            if any(place.get(key) == page.kept and type(place[key]) is int for key in _TOTAL_KEYS if key in place):
                return True
        return self._more is False


def _envelopes(document: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict):
        return
    yield document
    yield from (document[key] for key in _ENVELOPES if isinstance(document.get(key), dict))
