"""Testing kit for authors of plugins and projects: fakes, fixtures and one conformance suite per kind.

Fixtures are opt-in: `pytest_plugins = ["spine.testing.pytest_plugin"]` in a `conftest.py`.
"""

from spine.testing.channel import RecordingChannel
from spine.testing.clock import FixedClock
from spine.testing.command_line import Outcome
from spine.testing.fake_plugin import FakePlugin, make_plugin
from spine.testing.project import make_project
from spine.testing.source import FakeSource

__all__ = ["FakePlugin", "FakeSource", "FixedClock", "Outcome", "RecordingChannel", "make_plugin", "make_project"]
