"""Staged data of a step, committed when it completes."""

from __future__ import annotations

from typing import TypeAlias

from spine.framework.captures.revision import Capture
from spine.framework.contracts.result import QualityResult
from spine.framework.lineage.edge import Edge
from spine.framework.rejects import Reject
from spine.framework.sources.state import SourceState

Staged: TypeAlias = Capture | Reject | SourceState | Edge | QualityResult
"""A QualityResult is stored already: a staged one is a warning that the events of the step count."""
