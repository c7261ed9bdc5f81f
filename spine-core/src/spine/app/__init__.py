"""The composition root: settings in, wired project out. The only place that knows all layers."""

from spine.app.application import Application
from spine.app.opening import open_project

__all__ = ["Application", "open_project"]
