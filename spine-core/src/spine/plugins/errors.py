"""Why a plugin's thing cannot be had, each case its own class and each with the next command to type.

ConfigError
PluginError
PluginNotInstalledError   (also an ImportError) install the distribution
PluginBrokenError         (also an ImportError) look at the cause
PluginDisabledError       enable it
PluginIncompatibleError   upgrade one of the two
PluginConflictError       choose one
UnknownKindError          correct the name
"""

from __future__ import annotations

from spine.core.errors import ConfigError


class PluginError(ConfigError):
    """What was asked for is provided by a plugin that cannot provide it."""


class PluginNotInstalledError(PluginError, ImportError):
    """The distribution that provides it is not installed."""


class PluginBrokenError(PluginError, ImportError):
    """The plugin, or the module of the class that was asked for, fails when it is imported."""


class PluginDisabledError(PluginError):
    """The plugin is installed, and disabled by the environment or by `spine.toml`."""


class PluginIncompatibleError(PluginError):
    """The plugin declares that it needs another version of spine-core."""


class PluginConflictError(PluginError):
    """Two plugins claim the same name, and nothing says which of them to take."""


class UnknownKindError(PluginError):
    """No plugin, installed or known, provides the name."""
