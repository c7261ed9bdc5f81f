"""Descriptors: data that is checked when it is made, and imports nothing."""

from __future__ import annotations

import attrs
import pytest

from spine.core.errors import ValidationError
from spine.plugins import (
    CalendarSpec,
    ChannelSpec,
    CommandSpec,
    DatabaseSpec,
    ExecutorSpec,
    ListenerSpec,
    MigrationSpec,
    ReportSpec,
    SourceSpec,
    StepTypeSpec,
)
from spine.plugins.descriptors import KINDS


def test_each_kind_has_one_descriptor():
    assert {
        "source": SourceSpec,
        "alert_channel": ChannelSpec,
        "database": DatabaseSpec,
        "step_type": StepTypeSpec,
        "executor": ExecutorSpec,
        "listener": ListenerSpec,
        "calendar": CalendarSpec,
        "command": CommandSpec,
        "migration": MigrationSpec,
        "report": ReportSpec,
    } == KINDS


def test_a_descriptor_imports_nothing():
    assert SourceSpec("feed", "no_such_module:Feed").target == "no_such_module:Feed"


def test_a_descriptor_cannot_be_changed():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        SourceSpec("feed", "m:Feed").name = "other"


@pytest.mark.parametrize("name", ["", "two words", "-a", "a..b", "\x1b[31m", None, 7])
def test_a_name_that_does_not_do_is_refused(name):
    with pytest.raises(ValidationError, match="descriptor name"):
        SourceSpec(name, "m:Feed")


@pytest.mark.parametrize("target", ["", "m", "m.Feed", ":Feed", "m:", "m:a.b", "m:Feed; import os", "m:Feed\n"])
def test_a_target_is_a_module_and_a_class(target):
    with pytest.raises(ValueError, match="must match regex"):
        SourceSpec("feed", target)
    with pytest.raises(ValueError, match="must match regex"):
        SourceSpec("feed", "m:Feed", config=target)


def test_help_is_a_text():
    with pytest.raises(TypeError, match="help"):
        SourceSpec("feed", "m:Feed", help=7)


@pytest.mark.parametrize("name", ["core", "core-board", "Board", "a_b", "a.b", "7up", "a" * 41])
def test_a_table_is_named_after_migrations(name):
    """`core_schema_version` is core's own, and two names must never mean one table."""
    with pytest.raises(ValueError, match="migrations cannot be called"):
        MigrationSpec(name, "spine_board:migrations", head="0001")


def test_the_version_of_a_plugins_tables_has_a_table_of_its_own():
    names = ["a-b-1", "a" * 40, "corebank"]
    specs = [MigrationSpec(name, "spine_board:migrations", head="0001") for name in names]
    assert [spec.version_table for spec in specs] == [
        "a_b_1_schema_version",
        f"{'a' * 40}_schema_version",
        "corebank_schema_version",
    ]
