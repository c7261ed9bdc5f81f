"""Board: one open project, its visitors, and the pages that they get."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from spine.core.errors import ErrorCategory, SpineError
from spine_board.access import Access, Gate, Visitor
from spine_board.actions.jobs import Jobs
from spine_board.asked import Asked
from spine_board.audit import Audit
from spine_board.pages import PAGES
from spine_board.pages.page import NotFound, Page
from spine_board.sessions import Sessions
from spine_board.templating import make_environment
from spine_board.tokens import Tokens

if TYPE_CHECKING:
    from starlette.requests import Request

    from spine.project import Project

T = TypeVar("T")
logger = logging.getLogger(__name__)

_MENU = tuple((page.path, page.menu) for page in PAGES if page.menu)
_OF_A_PAGE = ("before", "after")  # the place in a list of several pages
_UNEXPECTED = "The board has met an unexpected error: its log has more."
_TITLES = {401: "Log in first", 403: "Not allowed", 404: "Not found", 500: "An error of the board"}
BEARER = {"www-authenticate": "Bearer"}


class Board:
    """The project of a board, and what its handlers share.

    What concerns the project runs in threads, in the context in which it is open.
    """

    def __init__(self, project: Project, access: Access) -> None:
        self.project = project
        self.access = access
        self.sessions = Sessions()
        self.gate = Gate(access, Tokens(project), self.sessions)
        self.audit = Audit(project)
        self.jobs = Jobs()
        self._templates = make_environment()
        self._context = copy_context()

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function in a thread that sees the project as the current one."""
        return await run_in_threadpool(self._context.copy().run, function, *arguments)

    def visitor(self, request: Request) -> Visitor:
        """Return who sent a request."""
        return self.gate.visitor(request.headers, request.cookies)

    async def show(self, page: Page, request: Request) -> Response:
        """Answer with a page."""
        return await self.run(self._show, page, request)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer with the page of an error that the request has caused."""
        if isinstance(error, HTTPException):
            return await self.run(self.error_page, request, error.status_code, error.detail)
        return await self.run(self.error_page, request, 500, _UNEXPECTED)

    def render(self, template: str, request: Request, visitor: Visitor, found: Mapping[str, Any]) -> str:
        """Return the text of a page."""
        return self._templates.get_template(template).render(
            path=request.url.path,
            location=location_of(request),
            menu=_MENU if visitor.can_read else (),
            visitor=visitor,
            told=self.sessions.take_told(visitor.session),
            project_name=self.project.name if visitor.can_read else "",
            access=self.access,
            live=visitor.can_read,
            asked_with=partial(query_with, request.query_params),
            **found,
        )

    def error_page(self, request: Request, status: int, detail: str) -> Response:
        """Return the page of an error; who may not read learns nothing else."""
        visitor = self.visitor(request)
        if not visitor.can_read and status == 404:
            return refuse_reader(request)
        page = self.render("error.html", request, visitor, {"title": title_of(status), "detail": detail})
        return HTMLResponse(page, status_code=status)

    def _show(self, page: Page, request: Request) -> Response:
        visitor = self.visitor(request)
        if not visitor.can_read:
            return refuse_reader(request)
        asked = Asked(request.path_params, request.query_params, location_of(request))
        try:
            found = page.build(self.project, asked)
        except NotFound as error:
            return self.error_page(request, 404, str(error))
        except SpineError as error:
            if (status := status_of(error)) == 500:
                logger.exception("%s is not possible", request.url.path)
            return self.error_page(request, status, str(error))
        return HTMLResponse(self.render(page.template, request, visitor, found))


def refuse_reader(request: Request) -> Response:
    """Send a browser to the login, and refuse a program."""
    if "authorization" in request.headers or request.method not in ("GET", "HEAD"):
        return refuse_program()
    return RedirectResponse("/login?" + urlencode({"next": location_of(request)}), status_code=303)


def refuse_program() -> Response:
    """Refuse a program that has no token."""
    return PlainTextResponse("A token of spine board token add is needed.\n", status_code=401, headers=BEARER)


def location_of(request: Request) -> str:
    """Return path and query of a request: where a login or an action leads back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def query_with(query: Mapping[str, str], **changed: Any) -> str:
    """Return the query of a request with some values changed; a list of several pages begins anew."""
    return urlencode({**{name: value for name, value in query.items() if name not in _OF_A_PAGE}, **changed})


def title_of(status: int) -> str:
    """Return the heading of an error."""
    return _TITLES.get(status, "Not possible")


def status_of(error: SpineError) -> int:
    """Return the HTTP status of an error: 404 for an unknown name, 400 for wrong values, 409 for a state."""
    if type(error).__name__.startswith("Unknown"):
        return 404
    if getattr(error, "exit_code", 1) == 2 or error.category is ErrorCategory.VALIDATION:
        return 400
    return 409 if error.category is ErrorCategory.ORCHESTRATION else 500
