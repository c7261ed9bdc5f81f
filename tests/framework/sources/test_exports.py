"""The import paths that programs rely on."""

from __future__ import annotations

import importlib

import pytest

from spine.formats.fileformat import FileFormat
from spine.framework import sources
from spine.framework.sources import protocol


def test_the_protocol_module_has_every_name_of_the_package():
    assert protocol.__all__ == sources.__all__
    assert all(getattr(protocol, name) is getattr(sources, name) for name in sources.__all__)


@pytest.mark.parametrize("module", ["spine.framework.sources", "spine.framework.sources.file"])
def test_the_file_source_comes_from_its_plugin(module):
    from spine_sources_file.source import FileSource

    assert importlib.import_module(module).FileSource is FileSource
    assert importlib.import_module(module).FileFormat is FileFormat


@pytest.mark.parametrize("module", ["spine.framework.sources", "spine.framework.sources.http"])
def test_the_http_source_comes_from_its_plugin(module):
    from spine_sources_http.source import HttpSource

    assert importlib.import_module(module).HttpSource is HttpSource
