"""`[plugins]` of the surrounding project, for commands that also work without one."""

from __future__ import annotations

from pathlib import Path

from spine.core.errors import ConfigError
from spine.plugins.policy import PluginPolicy


def project_policy(start: Path | None) -> PluginPolicy:
    """Return the plugin policy of the project at `start`, or of the nearest one; the default where there is none."""
    from spine.config.find import find_root

    try:
        root = find_root(start)
    except ConfigError:
        if start is not None:
            raise
        return PluginPolicy()
    from spine.config.load import load_settings  # imports cattrs, needed only for a project

    return load_settings(root).plugins.policy()
