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


@pytest.mark.parametrize("name", ["core", "Core"])
def test_migrations_cannot_share_the_version_table_of_cores_own(name: str) -> None:
    with pytest.raises(ValueError, match="is the name of core's own migrations: choose another name"):
        MigrationSpec(name, "spine_acme:migrations", head="a1")
    assert MigrationSpec("acme-jobs", "spine_acme:migrations", head="a1").version_table == "acme_jobs_schema_version"
