"""Conformance suites: the rules for every plugin of a kind, as tests that its author inherits."""

from spine.testing.conformance.alert_channel import AlertChannelConformance
from spine.testing.conformance.database import DatabaseAdapterConformance
from spine.testing.conformance.executor import ExecutorConformance
from spine.testing.conformance.source import SourceConformance
from spine.testing.conformance.step_type import StepTypeConformance

__all__ = [
    "AlertChannelConformance",
    "DatabaseAdapterConformance",
    "ExecutorConformance",
    "SourceConformance",
    "StepTypeConformance",
]
