"""What became of one installed plugin."""

from __future__ import annotations

from enum import Enum
from typing import Any

from attrs import define, field

from spine.plugins.descriptors import Descriptor


class PluginState(str, Enum):
    """How a plugin stands after discovery."""

    OK = "ok"
    BUILTIN = "builtin"
    DISABLED = "disabled"
    INCOMPATIBLE = "incompatible"
    BROKEN = "broken"
    CONFLICT = "conflict"


@define
class PluginReport:
    """One plugin: where it comes from, what it provides, and its state with the reason when it is not usable."""

    name: str
    distribution: str
    version: str
    state: PluginState = PluginState.OK
    reason: str | None = None
    provides: list[Descriptor] = field(factory=list)
    error: BaseException | None = None

    @property
    def usable(self) -> bool:
        """Whether what it provides may be asked for; a plugin in conflict still serves its other names."""
        return self.state in (PluginState.OK, PluginState.BUILTIN, PluginState.CONFLICT)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that `spine plugins list --json` prints."""
        return {
            "name": self.name,
            "distribution": self.distribution,
            "version": self.version,
            "state": self.state.value,
            "reason": self.reason,
            "provides": [{"kind": spec.kind, "name": spec.name, "help": spec.help} for spec in self.provides],
        }
