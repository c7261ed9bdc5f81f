"""Alias of `spine.orchestration.definition.step` for programs written before 0.1.0."""

from __future__ import annotations

from spine.orchestration.definition.step import END as END
from spine.orchestration.definition.step import Step as Step
from spine.orchestration.definition.step import StepType as StepType
