"""Errors of plugins, one class for each cause, each with the next command to type.

ConfigError
PluginError
PluginNotInstalledError   (also an ImportError) install the distribution
PluginBrokenError         (also an ImportError) see the cause
PluginDisabledError       enable it
PluginIncompatibleError   upgrade one of the two
PluginConflictError       choose one
UnknownKindError          correct the name
"""

from __future__ import annotations

from spine.core.errors import ConfigError


class PluginError(ConfigError):
    """A name that a plugin provides is not available."""


class PluginNotInstalledError(PluginError, ImportError):
    """The distribution that provides the name is not installed."""


class PluginBrokenError(PluginError, ImportError):
    """The plugin, or the module of the requested class, fails when it is imported."""


class PluginDisabledError(PluginError):
    """The plugin is installed, and disabled by the environment or by `spine.toml`."""


class PluginIncompatibleError(PluginError):
    """The plugin requires another version of spine-core."""


class PluginConflictError(PluginError):
    """Two plugins claim the same name, and no setting prefers one."""


class UnknownKindError(PluginError):
    """No plugin, installed or known, provides the name."""
