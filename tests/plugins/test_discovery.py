"""Stage one: distribution metadata, also incomplete."""

from __future__ import annotations

import shutil

import pytest

from spine.plugins.catalog import current_catalog, load_catalog
from spine.plugins.discovery import core_version, installed_plugins
from spine.testing import make_plugin

PLUGIN = "raise AssertionError('stage one imports nothing')"


def found(name="acme"):
    return [plugin for plugin in installed_plugins() if plugin.name == name]


@pytest.fixture
def acme(installed_plugin):
    return installed_plugin("acme", PLUGIN, requires=["spine-core>=0.1", "httpx", "spine-core-extras>9"])


def test_a_plugin_is_known_by_its_metadata(acme):
    (plugin,) = found()
    assert (plugin.distribution, plugin.version, plugin.problem) == ("spine-acme", "1.0", None)
    assert plugin.requires == ("spine-core>=0.1",)


@pytest.mark.parametrize(
    ("header", "counts"),
    [
        ("spine-core", True),
        ("Spine_Core >=1", True),
        ("spine.core[arrow]", True),
        ("spine-core;extra=='x'", True),
        ("spine--core (>=1)", True),
        ("spine-corex", False),
        ("spine-core-tools", False),
        ("my-spine-core", False),
    ],
)
def test_requirements_of_core_are_picked_out(header, counts, installed_plugin):
    installed_plugin("acme", PLUGIN, requires=[header])
    assert bool(found()[0].requires) is counts


def test_plugins_come_in_the_order_of_their_names(installed_plugin):
    for name in ("zulu", "alpha", "mike"):
        installed_plugin(name, PLUGIN)
    names = [plugin.name for plugin in installed_plugins()]
    assert names == sorted(names)


def test_headers_end_where_the_description_begins(report_with):
    headers = b"Name: spine-acme\nVersion: 1.0\nRequires-Dist: spine-core>=0.1\n"
    report_with("METADATA", headers + b"\nVersion: 99\nRequires-Dist: spine-core>99\n")
    (plugin,) = found()
    assert (plugin.version, plugin.requires) == ("1.0", ("spine-core>=0.1",))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00garbage", b"", b"no headers at all"])
def test_unreadable_metadata_is_a_broken_plugin_that_is_not_imported(content, report_with):
    report = report_with("METADATA", content, PLUGIN)
    assert report.state.value == "broken"
    assert "metadata cannot be read" in report.reason
    assert "install it again" in report.reason


def test_missing_metadata_is_a_broken_plugin(report_with):
    report = report_with("METADATA", None)
    assert (report.state.value, report.distribution, report.version) == ("broken", "unknown", "0")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[spine]\nno equals sign\n", b"[spine\nx"])
def test_unreadable_entry_points_of_one_distribution_hide_no_other(content, installed_plugin, tmp_path):
    other = installed_plugin("other", "")
    broken = make_plugin(other.folder, "zbroken", PLUGIN)
    (other.folder / f"{broken.package}-1.0.dist-info" / "entry_points.txt").write_bytes(content)
    assert "other" in {plugin.name for plugin in installed_plugins()}
    assert "core" in {report.name for report in load_catalog().reports}


@pytest.mark.parametrize("value", ["not a module", "a b:c", ":", "spine_acme.plugin:"])
def test_an_entry_point_that_says_nothing_is_a_broken_plugin(value, report_with):
    report = report_with("entry_points.txt", f"[spine]\nacme = {value}\n".encode())
    assert report.state.value == "broken"
    assert report.reason


def test_control_characters_in_names_and_versions_are_not_shown(report_with):
    hostile = b"Name: evil\x1b[31m\x07\nVersion: 1\x1b]0;x\x07\r2\nRequires-Dist: spine-core\n"
    report = report_with("METADATA", hostile)
    assert all(text.isprintable() for text in (report.name, report.distribution, report.version, report.warning()))


def test_a_plugin_that_is_installed_or_removed_later_is_found_or_not(installed_plugin):
    installed_plugin("acme", PLUGIN)
    assert len(found()) == 1
    other = installed_plugin("other", PLUGIN)
    assert len(found("other")) == 1
    shutil.rmtree(other.folder / "spine_other-1.0.dist-info")
    assert (len(found()), found("other")) == (1, [])


def test_the_running_version_is_that_of_the_installed_core():
    assert core_version().startswith("0.")
    assert current_catalog().reports[0].version == core_version()
