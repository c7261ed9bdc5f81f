"""What a `plugin.py` imports: the hook marker and the descriptors."""

from spine.plugins.descriptors import ChannelSpec, DatabaseSpec, Descriptor, ExecutorSpec, SourceSpec, StepTypeSpec
from spine.plugins.hookspecs import hookimpl

__all__ = [
    "ChannelSpec",
    "DatabaseSpec",
    "Descriptor",
    "ExecutorSpec",
    "SourceSpec",
    "StepTypeSpec",
    "hookimpl",
]
