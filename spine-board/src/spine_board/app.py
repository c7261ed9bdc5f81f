"""Application of a board: pages, login, actions, live events and static files over one open project."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from spine_board.access import Access
from spine_board.acting import Acting
from spine_board.actions import ACTIONS
from spine_board.board import Board
from spine_board.live import Live
from spine_board.login import Login
from spine_board.metrics import Metrics
from spine_board.pages import PAGES
from spine_board.security import Security

if TYPE_CHECKING:
    from starlette.requests import Request

    from spine.project import Project


def create_app(project: Project, access: Access | None = None) -> Starlette:
    """Return the application over an open project; call it where the project is the current one."""
    board = Board(project, access or Access())
    login, acting, live = Login(board), Acting(board), Live(board)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        live.is_closing = True
        await board.run(board.jobs.close)

    routes = [
        *(Route(page.path, partial(board.show, page), methods=["GET"]) for page in PAGES),
        *(Route(action.path, partial(acting.act, action), methods=["POST"]) for action in ACTIONS),
        Route("/login", login.ask, methods=["GET"]),
        Route("/login", login.begin, methods=["POST"]),
        Route("/logout", login.end, methods=["POST"]),
        Route("/events", live.stream, methods=["GET"]),
        Route("/metrics", Metrics(board).scrape, methods=["GET"]),
        Route("/healthz", health, methods=["GET"]),
        Mount("/static", StaticFiles(packages=[("spine_board", "static")])),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Security, access=board.access)],
        exception_handlers={HTTPException: board.refuse, Exception: board.refuse},
        lifespan=lifespan,
    )


async def health(_request: Request) -> Response:
    """Answer that the process works, without a look at the project."""
    return PlainTextResponse("ok\n")
