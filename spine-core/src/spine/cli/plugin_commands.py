"""Commands that plugins add to `spine`, found when they are called."""

from __future__ import annotations

from pathlib import Path

import click

from spine.plugins.errors import UnknownKindError


def find_command(project: str | None, name: str) -> click.Command | None:
    """Return the click command that a plugin provides as `name`, or None.

    Raises the PluginError that made a command of that name unavailable; UsageError if it may belong to a plugin that
    is not loaded.
    """
    from spine.config.plugin_policy import project_policy
    from spine.core.errors import ValidationError
    from spine.core.names import validate_name
    from spine.plugins.catalog import discover
    from spine.plugins.report import PluginState

    try:
        validate_name(name, "command name")
    except ValidationError:
        return None
    catalog = discover(project_policy(Path(project) if project else None))
    try:
        command = catalog.load("command", name)
    except UnknownKindError as error:
        if any(report.state in (PluginState.BROKEN, PluginState.INCOMPATIBLE) for report in catalog.reports):
            raise click.UsageError(str(error)) from error
        return None
    if not isinstance(command, click.Command):
        owner = catalog.claims("command", name)[0].report.name
        raise click.UsageError(f"command {name!r} is not a click command: run spine plugins check {owner}")
    return command
