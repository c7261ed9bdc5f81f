"""The protocol of a check, and its finding."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from spine.config.references import UnsetVariableError
from spine.core.errors import SpineError
from spine.core.masking import hide_secrets
from spine.db.driver_errors import UNREACHABLE_HINT
from spine.plugins.errors import PluginBrokenError, PluginNotInstalledError
from spine.plugins.manager import describe

if TYPE_CHECKING:
    from spine.app.application import Application


class State(StrEnum):
    """The state of one item: a warning does no harm yet, a fault makes a run or a command fail."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


def _told(text: str) -> str:
    return hide_secrets(text).replace(UNREACHABLE_HINT, "")  # the reader is looking closer already


@frozen
class Finding:
    """The result for one item: `check` names it, `says` describes it in one line, `fix` is a command that mends it."""

    check: str
    status: State
    says: str = field(converter=_told)
    fix: str = ""


def ok(check: str, says: str) -> Finding:
    """Return the finding for an item that is well."""
    return Finding(check, State.OK, says)


def warn(check: str, says: str, fix: str) -> Finding:
    """Return the finding for an item that does no harm yet."""
    return Finding(check, State.WARN, says, fix)


def fail(check: str, says: str, fix: str) -> Finding:
    """Return the finding for an item that makes a run or a command fail."""
    return Finding(check, State.FAIL, says, fix)


def fix_of(error: Exception, project: Application) -> str:
    """Return the command for an error of a declaration: set the variable, install the plugin, or edit the file."""
    if isinstance(error, UnsetVariableError):
        return f"export {error.variable}=..."
    if isinstance(error, PluginNotInstalledError):
        return next(iter(re.findall(r"pip install \S+", str(error))), "spine plugins list")
    if isinstance(error, PluginBrokenError):
        return "spine plugins check"
    return edit(project.settings.path)


def edit(path: Path) -> str:
    """Return the command that opens a file in the user's editor."""
    return f"${{EDITOR:-vi}} {shlex.quote(str(path))}"


def in_one_line(error: Exception) -> str:
    """Return the sentence of an error; an exception that is not Spine's own begins with its class."""
    return str(error) if isinstance(error, SpineError) else describe(error)


class Check(Protocol):
    """A check of an open project, which yields a finding for each item."""

    def __call__(self, project: Application, /) -> Iterable[Finding]: ...
