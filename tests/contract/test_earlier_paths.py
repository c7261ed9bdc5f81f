"""Paths that programs written before 0.1.0 import still lead to the same objects."""

from __future__ import annotations

from importlib import import_module

import pytest

PATHS = {
    "spine.orchestration.step:Step": "spine.orchestration.definition.step",
    "spine.orchestration.step:StepType": "spine.orchestration.definition.step",
    "spine.orchestration.step:END": "spine.orchestration.definition.step",
    "spine.orchestration.step_options:ErrorPolicy": "spine.orchestration.definition.options",
    "spine.orchestration.map_items:CaptureItems": "spine.orchestration.steptypes.map_items",
    "spine.framework.sources.delimited:read_delimited": "spine.formats.delimited",
    "spine.framework.sources.dialect:DelimitedOptions": "spine.formats.dialect",
}


@pytest.mark.parametrize("earlier", PATHS)
def test_an_earlier_path_leads_to_the_same_object(earlier: str) -> None:
    module, _, name = earlier.partition(":")
    assert getattr(import_module(module), name) is getattr(import_module(PATHS[earlier]), name)
