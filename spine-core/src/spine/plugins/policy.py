"""Which plugins may be loaded: decided before any of them is imported."""

from __future__ import annotations

import os
from collections.abc import Mapping

from attrs import field, frozen


@frozen
class PluginPolicy:
    """`enabled` is the exact list when it is not None; `disabled` wins over it; `prefer` settles conflicts.

    The keys of `prefer` are `kind.name` (such as `source.file`), its values plugin names.
    """

    enabled: frozenset[str] | None = None
    disabled: frozenset[str] = frozenset()
    prefer: Mapping[str, str] = field(factory=dict)
    strict: bool = False

    def refusal(self, plugin: str, distribution: str) -> str | None:
        """Return why the plugin must not be loaded, None if it may."""
        names = {plugin, distribution}
        if names & self.disabled:
            return "disabled by SPINE_PLUGINS_DISABLED or [plugins] disabled"
        if self.enabled is not None and not names & self.enabled:
            return "not in the list of SPINE_PLUGINS or [plugins] enabled"
        return None

    def with_environment(self, environ: Mapping[str, str] = os.environ) -> PluginPolicy:
        """Return this policy with the `SPINE_PLUGINS*` variables applied: they win over `spine.toml`."""
        enabled = environ.get("SPINE_PLUGINS")
        return PluginPolicy(
            enabled=self.enabled if enabled is None else _names(enabled),
            disabled=self.disabled | _names(environ.get("SPINE_PLUGINS_DISABLED", "")),
            prefer=self.prefer,
            strict=self.strict or environ.get("SPINE_PLUGINS_STRICT", "") not in ("", "0"),
        )


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())
