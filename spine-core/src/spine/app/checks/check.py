"""The protocol of a check, and its finding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from spine.app.application import Application


@frozen
class Finding:
    """The result for one item: `check` names it, `says` describes it in one line."""

    check: str
    well: bool
    says: str


class Check(Protocol):
    """A check of an open project, which yields a finding for each item."""

    def __call__(self, project: Application, /) -> Iterable[Finding]: ...
