"""Names of a package whose modules are imported on first use."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest

from spine.core.lazy import lazy_names

PACKAGES = ("spine.orchestration", "spine.framework.alerts", "spine.framework.captures", "spine.framework.sources")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_of_the_package_is_the_one_of_its_module(package: str) -> None:
    module = import_module(package)
    for name in module.__all__:
        found = getattr(module, name)
        assert found is getattr(module, name)
        assert getattr(found, "__name__", name) == name


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_of_the_package_is_that_of_a_module_in_it(package: str) -> None:
    module = import_module(package)  # to import such a module later would replace the name by the module
    assert {found.name for found in iter_modules(module.__path__)} & set(module.__all__) == set()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    find = lazy_names("spine.core", {"spine.core.errors": ["SpineError"]})
    with pytest.raises(AttributeError, match=r"module 'spine\.core' has no attribute 'SpineEror'"):
        find("SpineEror")


def test_other_names_are_asked_elsewhere() -> None:
    assert lazy_names("spine.core", {}, otherwise=str.upper)("name") == "NAME"
