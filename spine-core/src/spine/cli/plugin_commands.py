"""Commands that plugins add to `spine`, found when they are called."""

from __future__ import annotations

from pathlib import Path

import click

from spine.plugins.errors import UnknownKindError


def find_command(project: str | None, name: str) -> click.Command | None:
    """Return the click command that a plugin provides as `name`, None if none does.

    Raises the PluginError that says why a command of that name is not available.
    """
    from spine.config.plugin_policy import project_policy
    from spine.core.errors import ValidationError
    from spine.core.names import validate_name
    from spine.plugins.catalog import discover

    try:
        validate_name(name, "command name")
        command = discover(project_policy(Path(project) if project else None)).load("command", name)
    except (UnknownKindError, ValidationError):
        return None
    if not isinstance(command, click.Command):
        raise click.UsageError(f"command {name!r} of a plugin is no click command: run spine plugins check")
    return command
