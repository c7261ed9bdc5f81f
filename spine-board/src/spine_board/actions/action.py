"""Actions: forms that visitors with a token send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.actions.jobs import Jobs


@frozen
class Order:
    """Request for an action: the parts of the path, the fields of the form, and the name of the visitor's token."""

    path: Mapping[str, str]
    fields: Mapping[str, str]
    by: str
    jobs: Jobs

    def text(self, name: str) -> str:
        """Return a field without spaces at its ends, empty if it is not there."""
        return self.fields.get(name, "").strip()


@frozen
class Done:
    """Result of an action: a sentence; the page to show, or the one that the form was on; the run that it concerns."""

    says: str
    leads_to: str | None = None
    run_id: str | None = None
    facts: Mapping[str, str] = field(factory=dict)


@frozen
class Action:
    """An action at `path`, which `perform` does; its name and its target are recorded with the visitor's name."""

    path: str
    name: str
    target: str
    perform: Callable[[Project, Order], Done]
