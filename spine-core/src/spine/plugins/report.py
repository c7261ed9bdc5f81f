"""Reports on installed plugins."""

from __future__ import annotations

from enum import Enum
from typing import Any

from attrs import define, field

from spine.plugins.descriptors import Descriptor


def one_line(text: str, limit: int = 300) -> str:
    """Return external text on one line of at most `limit` characters, without control characters."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * limit]).split())
    return plain if len(plain) <= limit else f"{plain[: limit - 3]}..."


class PluginState(str, Enum):
    """State of a plugin after discovery."""

    OK = "ok"
    BUILTIN = "builtin"
    DISABLED = "disabled"
    INCOMPATIBLE = "incompatible"
    BROKEN = "broken"
    CONFLICT = "conflict"


@define
class PluginReport:
    """One plugin: its distribution, its descriptors, its state, and the reason if that is not ok.

    `note` is the fault of a plugin that works nevertheless.
    """

    name: str
    distribution: str
    version: str
    state: PluginState = PluginState.OK
    reason: str | None = None
    provides: list[Descriptor] = field(factory=list)
    note: str | None = None
    error: BaseException | None = None

    @property
    def label(self) -> str:
        """The name, with the distribution if that differs: two plugins may have the same name."""
        return self.name if self.name == self.distribution else f"{self.name} ({self.distribution})"

    @property
    def is_at_fault(self) -> bool:
        """True if the plugin is broken, incompatible or in conflict."""
        return self.state in (PluginState.BROKEN, PluginState.INCOMPATIBLE, PluginState.CONFLICT)

    def warning(self) -> str | None:
        """Return the warning for the user in one line, None if there is no fault."""
        if self.is_at_fault:
            said = f"is {'in conflict' if self.state is PluginState.CONFLICT else self.state.value}: {self.reason}"
        elif self.note:
            said = f"works, but {self.note}"
        else:
            return None
        return f"plugin {self.name!r} {said}; run: spine plugins check {self.name}"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that `spine plugins list --json` prints."""
        return {
            "name": self.name,
            "distribution": self.distribution,
            "version": self.version,
            "state": self.state.value,
            "reason": self.reason or self.note,
            "provides": [{"kind": spec.kind, "name": spec.name, "help": spec.help} for spec in self.provides],
        }
