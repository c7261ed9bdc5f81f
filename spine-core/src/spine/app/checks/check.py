"""The protocol of a check, and its finding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from spine.app.application import Application


@frozen
class Finding:
    """The state of one thing: `check` names it, `says` is one line about it."""

    check: str
    well: bool
    says: str


class Check(Protocol):
    """Looks at one subject of an open project and yields a finding for each thing that it has looked at."""

    def __call__(self, project: Application, /) -> Iterable[Finding]: ...
