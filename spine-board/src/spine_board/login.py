"""Login with a token, and logout."""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from attrs import frozen
from starlette.responses import HTMLResponse, RedirectResponse, Response

from spine_board.forms import check_form, check_origin, local, read_form, same
from spine_board.sessions import LIFETIME_SECONDS

if TYPE_CHECKING:
    from starlette.requests import Request

    from spine_board.board import Board

_FORM_SECONDS = 3600


@frozen
class Login:
    """Handlers of the login. Its own form carries a text that a cookie has too: it is not of a login yet."""

    board: Board

    async def ask(self, request: Request) -> Response:
        """Answer with the form."""
        return await self.board.run(self._page, request, "", request.query_params.get("next", "/"))

    async def begin(self, request: Request) -> Response:
        """Begin a login; its cookie is not sent with requests that other sites cause."""
        form = await read_form(request)
        check_origin(request)
        return await self.board.run(self._begin, request, form)

    async def end(self, request: Request) -> Response:
        """Log out."""
        form = await read_form(request)
        check_form(request, form, await self.board.run(self.board.visitor, request))
        self.board.sessions.end(request.cookies.get(self._cookie))
        answer = RedirectResponse("/login", status_code=303)
        answer.delete_cookie(self._cookie)
        return answer

    @property
    def _cookie(self) -> str:
        return self.board.access.cookie

    def _page(self, request: Request, problem: str, leads_to: str) -> Response:
        csrf = token_urlsafe(32)
        found = {"login_csrf": csrf, "problem": problem, "next": local(leads_to)}
        page = self.board.render("login.html", request, self.board.visitor(request), found)
        answer = HTMLResponse(page, status_code=401 if problem else 200)
        _set_cookie(answer, request, f"{self._cookie}_form", csrf, _FORM_SECONDS)
        return answer

    def _begin(self, request: Request, form: Mapping[str, str]) -> Response:
        leads_to = form.get("next", "")
        expected = request.cookies.get(f"{self._cookie}_form", "")
        if not expected or not same(expected, form.get("csrf", "")):
            return self._page(request, "The form was too old: try again.", leads_to)
        session = self.board.gate.log_in(form.get("token", "").strip())
        if session is None:
            return self._page(request, "That is no token of this board: see spine board token list.", leads_to)
        answer = RedirectResponse(local(leads_to), status_code=303)
        _set_cookie(answer, request, self._cookie, session.id, LIFETIME_SECONDS)
        answer.delete_cookie(f"{self._cookie}_form")
        return answer


def _set_cookie(answer: Response, request: Request, name: str, value: str, seconds: int) -> None:
    is_secure = request.url.scheme == "https"
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="strict", secure=is_secure)
