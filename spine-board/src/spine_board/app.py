"""Application of the board: pages, login, actions, live events and static files over one open project."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from spine.core.errors import SpineError
from spine_board.access import Access, Gate, Visitor
from spine_board.asked import Asked
from spine_board.pages import PAGES
from spine_board.pages.page import NotFound, Page
from spine_board.security import Security
from spine_board.sessions import LIFETIME_SECONDS, Sessions
from spine_board.templating import make_environment
from spine_board.tokens import Tokens

if TYPE_CHECKING:
    from starlette.requests import Request

    from spine.project import Project

T = TypeVar("T")
logger = logging.getLogger(__name__)

_OF_A_PAGE = ("before", "after")
_LONGEST_FORM = 100_000  # bytes
_PATHS_ANYONE_MAY_READ = ("/login", "/healthz")


def create_app(project: Project, access: Access | None = None) -> Starlette:
    """Return the application over an open project; call it where the project is the current one."""
    board = Board(project, access or Access())
    routes = [
        *(Route(page.path, partial(board.show, page), methods=["GET"]) for page in PAGES),
        Route("/login", board.ask_login, methods=["GET"]),
        Route("/login", board.log_in, methods=["POST"]),
        Route("/logout", board.log_out, methods=["POST"]),
        Route("/healthz", board.health, methods=["GET"]),
        Mount("/static", StaticFiles(packages=[("spine_board", "static")])),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Security, access=board.access)],
        exception_handlers={HTTPException: board.refuse, Exception: board.break_down},
    )


class Board:
    """The handlers of requests. What concerns the project runs in threads, in the context in which it is open."""

    def __init__(self, project: Project, access: Access) -> None:
        self.project = project
        self.access = access
        self.sessions = Sessions()
        self.gate = Gate(access, Tokens(project), self.sessions)
        self.templates = make_environment()
        self._context = copy_context()

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function in a thread that sees the project as the current one."""
        return await run_in_threadpool(self._context.copy().run, function, *arguments)

    async def show(self, page: Page, request: Request) -> Response:
        """Answer with a page."""
        return await self.run(self._show, page, request)

    async def ask_login(self, request: Request) -> Response:
        """Answer with the form of the login."""
        return await self.run(self._ask_login, request, "")

    async def log_in(self, request: Request) -> Response:
        """Start a login with a token; the cookie is not sent with requests that other sites cause."""
        form = await read_form(request)
        return await self.run(self._log_in, request, form)

    async def log_out(self, request: Request) -> Response:
        """End a login."""
        form = await read_form(request)
        visitor = await self.run(self.visitor, request)
        if is_foreign(request) or not visitor.accepts(form.get("csrf")):
            raise HTTPException(403, FOREIGN)
        self.sessions.end(request.cookies.get(self.access.cookie))
        answer = RedirectResponse("/login", status_code=303)
        answer.delete_cookie(self.access.cookie)
        return answer

    async def health(self, _request: Request) -> Response:
        """Answer that the process works, without a look at the project."""
        return PlainTextResponse("ok\n")

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer with the page of an error that the request has caused."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = error.detail if isinstance(error, HTTPException) else ""
        return await self.run(self._error, request, status, detail)

    async def break_down(self, request: Request, _error: Exception) -> Response:
        """Answer with the page of an unexpected error, which is in the log of the board."""
        return await self.run(self._error, request, 500, "The board has met an unexpected error: its log has more.")

    def visitor(self, request: Request) -> Visitor:
        """Return who sent a request."""
        return self.gate.visitor(request.headers, request.cookies)

    def _show(self, page: Page, request: Request) -> Response:
        visitor = self.visitor(request)
        if not visitor.can_read:
            return self.refuse_reader(request)
        try:
            found = page.build(self.project, asked_of(request))
        except NotFound as error:
            return self._error(request, 404, str(error))
        except SpineError as error:
            return self._error(request, status_of(error), str(error))
        return HTMLResponse(self.render(page.template, request, visitor, found))

    def render(self, template: str, request: Request, visitor: Visitor, found: Mapping[str, Any], **more: Any) -> str:
        """Return the text of a page."""
        path = request.url.path
        return self.templates.get_template(template).render(
            path=path,
            location=location_of(request),
            menu=_MENU,
            visitor=visitor,
            project_name=self.project.name,
            access=self.access,
            live=True,
            asked_with=partial(query_with, request.query_params),
            **found,
            **more,
        )

    def refuse_reader(self, request: Request) -> Response:
        """Send a browser to the login, and refuse a program."""
        if "authorization" in request.headers or request.method != "GET":
            return PlainTextResponse("A token of spine board token add is needed.\n", status_code=401, headers=_BEARER)
        return RedirectResponse(f"/login?{_next_of(request)}", status_code=303)

    def _ask_login(self, request: Request, problem: str) -> Response:
        from secrets import token_urlsafe

        csrf = token_urlsafe(32)
        found = {"login_csrf": csrf, "problem": problem, "next": asked_of(request).text("next"), "live": False}
        visitor = self.visitor(request)
        page = self.templates.get_template("login.html").render(
            path="/login", location="/login", menu=(), visitor=visitor, project_name="", access=self.access, **found
        )
        answer = HTMLResponse(page, status_code=401 if problem else 200)
        self._set_cookie(answer, request, f"{self.access.cookie}_form", csrf, seconds=3600)
        return answer

    def _log_in(self, request: Request, form: Mapping[str, str]) -> Response:
        expected = request.cookies.get(f"{self.access.cookie}_form", "")
        if is_foreign(request) or not expected or not same(expected, form.get("csrf", "")):
            return self._ask_login(request, "The form was old, or not from here: try again.")
        session = self.gate.log_in(form.get("token", "").strip())
        if session is None:
            return self._ask_login(request, "That is no token of this board: see spine board token list.")
        answer = RedirectResponse(_local(form.get("next", "")), status_code=303)
        self._set_cookie(answer, request, self.access.cookie, session.id, seconds=LIFETIME_SECONDS)
        answer.delete_cookie(f"{self.access.cookie}_form")
        return answer

    def _set_cookie(self, answer: Response, request: Request, name: str, value: str, *, seconds: int) -> None:
        is_secure = request.url.scheme == "https"
        answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="strict", secure=is_secure)

    def _error(self, request: Request, status: int, detail: str) -> Response:
        visitor = self.visitor(request)
        if not visitor.can_read and request.url.path not in _PATHS_ANYONE_MAY_READ:
            return self.refuse_reader(request)
        title = _TITLES.get(status, "Not possible")
        page = self.render("error.html", request, visitor, {}, title=title, detail=detail)
        return HTMLResponse(page, status_code=status)


FOREIGN = "The request did not come from a form of this board: open the page again, and repeat it."
_BEARER = {"www-authenticate": "Bearer"}
_MENU = tuple((page.path, page.menu) for page in PAGES if page.menu)
_TITLES = {403: "Not allowed", 404: "Not found", 405: "Not possible", 500: "An error of the board"}


def asked_of(request: Request) -> Asked:
    """Return what a request asks for."""
    return Asked(request.path_params, request.query_params, location_of(request))


def query_with(query: Mapping[str, str], **changed: Any) -> str:
    """Return the query of a request with some values changed; a page of results begins anew."""
    return urlencode({**{name: value for name, value in query.items() if name not in _OF_A_PAGE}, **changed})


def location_of(request: Request) -> str:
    """Return path and query of a request: where a login or an action leads back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; HTTPException for one that is too long, or of another type."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise HTTPException(415, "Send a form: application/x-www-form-urlencoded.")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            raise HTTPException(413, "The form is too long.")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1_000))


def is_foreign(request: Request) -> bool:
    """Return True for a request that a browser sends because another site made it."""
    site, origin = request.headers.get("sec-fetch-site", "same-origin"), request.headers.get("origin")
    if site not in ("same-origin", "none"):
        return True
    return origin is not None and origin.partition("://")[2] != request.headers.get("host")


def same(expected: str, given: str) -> bool:
    """Compare two secrets in constant time."""
    import hmac

    return hmac.compare_digest(expected.encode(), given.encode())


def status_of(error: SpineError) -> int:
    """Return the HTTP status of an error: not found for an unknown name, 400 for what a request got wrong."""
    if type(error).__name__.startswith("Unknown"):
        return 404
    return 400 if getattr(error, "exit_code", 1) == 2 or error.category.value == "VALIDATION" else 500


def _next_of(request: Request) -> str:
    return urlencode({"next": location_of(request)})


def _local(location: str) -> str:
    """Return a place of this board, never one elsewhere."""
    is_local = location.startswith("/") and not location.startswith(("//", "/\\")) and location.isprintable()
    return location if is_local else "/"
