"""The hooks, each with a plugin that uses it."""

from __future__ import annotations

import inspect

import pytest

from spine.plugins import hookspecs
from spine.plugins.catalog import current_catalog
from spine.plugins.descriptors import HOOKS as SPECS
from spine.plugins.descriptors import KINDS

HOOKS = {name: value for name, value in vars(hookspecs).items() if name.startswith("spine_")}

PLUGIN = """
from spine.plugins import {spec}, hookimpl


@hookimpl
def {hook}():
    return [{spec}("acme", "acme.thing:Thing", help="A thing."{more})]
"""


def check_hook(report_of, hook, kind, **more):
    given = "".join(f", {name}={value!r}" for name, value in more.items())
    report = report_of(PLUGIN.format(hook=hook, spec=KINDS[kind].__name__, more=given))
    assert (report.state.value, report.reason, report.note) == ("ok", None, None)
    assert report.provides == [KINDS[kind]("acme", "acme.thing:Thing", help="A thing.", **more)]
    assert current_catalog().find(kind, "acme") == report.provides[0]


def test_hook_spine_register_sources(report_of):
    check_hook(report_of, "spine_register_sources", "source")


def test_hook_spine_register_alert_channels(report_of):
    check_hook(report_of, "spine_register_alert_channels", "alert_channel")


def test_hook_spine_register_database_adapters(report_of):
    check_hook(report_of, "spine_register_database_adapters", "database")


def test_hook_spine_register_step_types(report_of):
    check_hook(report_of, "spine_register_step_types", "step_type")


def test_hook_spine_register_executors(report_of):
    check_hook(report_of, "spine_register_executors", "executor")


def test_hook_spine_register_listeners(report_of):
    check_hook(report_of, "spine_register_listeners", "listener")


def test_hook_spine_register_calendars(report_of):
    check_hook(report_of, "spine_register_calendars", "calendar")


def test_hook_spine_register_commands(report_of):
    check_hook(report_of, "spine_register_commands", "command")


def test_hook_spine_register_migrations(report_of):
    check_hook(report_of, "spine_register_migrations", "migration", head="0001", metadata="acme.tables:metadata")


def test_hook_spine_register_reports(report_of):
    check_hook(report_of, "spine_register_reports", "report")


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_tested_takes_no_argument_and_returns_one_kind(name):
    assert f"test_hook_{name}" in globals(), f"write test_hook_{name} in this file"
    signature = inspect.signature(HOOKS[name])
    assert not signature.parameters, "hooks grow by fields of their descriptors, never by an argument"
    assert signature.return_annotation == f"Iterable[{SPECS[name].__name__}]"
    assert HOOKS[name].__doc__


def test_every_kind_has_a_hook():
    assert set(SPECS) == set(HOOKS)
    assert sorted(spec.kind for spec in SPECS.values()) == sorted(KINDS)
