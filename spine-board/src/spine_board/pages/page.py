"""Pages: what each of them asks a project, and with which template it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked

PageContext = Mapping[str, Any]


@frozen
class Page:
    """A page at `path`; `build` returns the values of `template`, `menu` is its name in the menu, if any."""

    path: str
    template: str
    build: Callable[[Project, Asked], PageContext]
    menu: str = ""


class NotFound(Exception):  # the name of the status
    """A page of something that there is not; the text says what, and where to look."""
