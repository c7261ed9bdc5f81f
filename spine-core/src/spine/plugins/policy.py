"""Policy of the plugins that may be loaded, applied before any of them is imported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from attrs import field, frozen


def normalised(name: str) -> str:
    """Return the normal form of a distribution's name, the same for all spellings."""
    return re.sub(r"[-_.]+", "-", name).lower()


@frozen(kw_only=True)
class PluginPolicy:
    """`enabled` is the exact list if it is not None; `disabled` overrides it; `prefer` settles conflicts.

    All of them name plugins or their distributions. The keys of `prefer` are `kind.name` (such as `source.file`).
    """

    enabled: frozenset[str] | None = None
    disabled: frozenset[str] = frozenset()
    prefer: Mapping[str, str] = field(factory=dict)
    strict: bool = False

    def refusal(self, plugin: str, distribution: str) -> str | None:
        """Return the reason why the plugin must not be loaded, None if it may."""
        names = {normalised(plugin), normalised(distribution)}
        if names & _all(self.disabled):
            return "disabled by SPINE_PLUGINS_DISABLED or [plugins] disabled"
        if self.enabled is not None and not names & _all(self.enabled):
            return "not in the list of SPINE_PLUGINS or [plugins] enabled"
        return None

    def with_environment(self, environ: Mapping[str, str] = os.environ) -> PluginPolicy:
        """Return this policy with the `SPINE_PLUGINS*` variables applied: they override `spine.toml`."""
        enabled = environ.get("SPINE_PLUGINS")
        return PluginPolicy(
            enabled=self.enabled if enabled is None else _names(enabled),
            disabled=self.disabled | _names(environ.get("SPINE_PLUGINS_DISABLED", "")),
            prefer=self.prefer,
            strict=self.strict or environ.get("SPINE_PLUGINS_STRICT", "") not in ("", "0"),
        )


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _all(names: Iterable[str]) -> frozenset[str]:
    return frozenset(map(normalised, names))
