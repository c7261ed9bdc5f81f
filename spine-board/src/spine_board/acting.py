"""Actions of visitors: who may, what was done, and its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from spine.core.errors import SpineError
from spine_board.actions.action import Action, Done, Order
from spine_board.board import status_of
from spine_board.forms import check_form, local, read_form

if TYPE_CHECKING:
    from starlette.requests import Request

    from spine_board.access import Visitor
    from spine_board.board import Board

_READ_ONLY = "This board is read-only: it was started without --allow-actions."
_NO_TOKEN = "An action needs a token of spine board token add: log in, or send it as Authorization: Bearer."  # noqa: S105


@frozen
class Acting:
    """Handler of actions."""

    board: Board

    async def act(self, action: Action, request: Request) -> Response:
        """Do what a form asks for; a browser is led to a page, a program gets JSON."""
        form = await read_form(request)
        return await self.board.run(self._act, action, request, form)

    def _act(self, action: Action, request: Request, form: dict[str, str]) -> Response:
        visitor = self.board.visitor(request)
        if not self.board.access.with_actions:
            raise HTTPException(403, _READ_ONLY)
        if visitor.name is None:
            raise HTTPException(401, _NO_TOKEN)
        check_form(request, form, visitor)
        order = Order(request.path_params, form, visitor.name, self.board.jobs)
        try:
            done = action.perform(self.board.project, order)
        except SpineError as error:
            self._record(action, order, refusal=str(error))
            return self._refusal(request, visitor, error)
        self._record(action, order, done)
        if visitor.session is None:
            return JSONResponse({"done": done.says, "run_id": done.run_id})
        self.board.sessions.tell(visitor.session, done.says)
        return RedirectResponse(done.leads_to or local(form.get("back", "/")), status_code=303)

    def _record(self, action: Action, order: Order, done: Done | None = None, *, refusal: str | None = None) -> None:
        facts: Mapping[str, str] = done.facts if done is not None else {}
        target = order.path.get(action.target) or ", ".join(f"{name}={value}" for name, value in facts.items())
        run_id = None if done is None else done.run_id
        self.board.audit.add(order.by, action.name, target, run_id=run_id, refusal=refusal)

    def _refusal(self, request: Request, visitor: Visitor, error: SpineError) -> Response:
        if visitor.session is None:
            return JSONResponse({"error": str(error)}, status_code=status_of(error))
        return self.board.error_page(request, status_of(error), str(error))
