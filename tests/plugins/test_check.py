"""`spine plugins check`: everything is loaded, and is what its descriptor says."""

from __future__ import annotations

import sys

import pytest

from spine.plugins.catalog import current_catalog
from spine.plugins.check import check_plugin
from spine.plugins.descriptors import KINDS
from tests.projects import call

PLUGIN = """
from spine.plugins import {spec}, hookimpl


@hookimpl
def {hook}():
    return [{spec}("thing", "spine_acme.thing:Thing", {config})]
"""

CLASSES = [kind for kind, spec in KINDS.items() if spec.names == "class"]

OPTIONS = "config='spine_acme.thing:Options'"
HEAD = """
from abc import ABC, abstractmethod

from attrs import frozen


@frozen
class Options:
    {option}: int = 1


"""


@pytest.fixture
def faults_of(report_of):
    def check(kind, text, config=""):
        plugin_py = PLUGIN.format(spec=KINDS[kind].__name__, hook=KINDS[kind].hook, config=config)
        report = report_of(plugin_py, modules={"thing.py": text})
        return [fault.sentence for fault in check_plugin(report)]

    return check


def class_text(kind, signature="self"):
    given = ", ".join(["self", *(f"{name}=1" for name in KINDS[kind].given_arguments)])
    made_with = given if signature == "self" else signature
    methods = "".join(f"    def {method}(self, *a): ...\n" for method in KINDS[kind].required_methods)
    return f"class Thing:\n    def __init__({made_with}): ...\n{methods}"


def test_everything_installed_here_fits():
    assert [fault for report in current_catalog().reports for fault in check_plugin(report)] == []


@pytest.mark.parametrize("kind", CLASSES)
def test_a_class_that_fits_has_no_fault(kind, faults_of):
    assert faults_of(kind, class_text(kind)) == []


@pytest.mark.parametrize("kind", CLASSES)
def test_the_methods_of_the_kind_are_needed(kind, faults_of):
    empty = class_text(kind).partition("    def " + KINDS[kind].required_methods[0])[0]
    assert faults_of(kind, empty) == [
        f"{kind} 'thing': spine_acme.thing:Thing has no method {method}()" for method in KINDS[kind].required_methods
    ]


@pytest.mark.parametrize(
    ("kind", "signature", "fault"),
    [
        ("source", "self, *, url=''", "Thing() does not take the argument 'name'"),
        ("alert_channel", "self, title=''", "Thing() does not take the argument 'name'"),
        ("executor", "self, workers=1", "Thing() does not take the argument 'max_workers'"),
        (
            "step_type",
            "self, database",
            "Thing() needs the argument 'database': step types are created without arguments",
        ),
    ],
)
def test_spine_can_make_the_class(kind, signature, fault, faults_of):
    assert faults_of(kind, class_text(kind, signature)) == [f"{kind} 'thing': {fault}"]


@pytest.mark.parametrize(
    ("kind", "signature"), [("source", "self, **options"), ("step_type", "self, *args, **options")]
)
def test_keywords_of_any_name_are_fine(kind, signature, faults_of):
    assert faults_of(kind, HEAD.format(option="limit") + class_text(kind, signature), OPTIONS) == []


def test_an_option_is_an_argument_of_the_class(faults_of):
    text = HEAD.format(option="limit") + class_text("source")
    assert faults_of("source", text, OPTIONS) == [
        "source 'thing': option 'limit' of its config is not an argument of Thing()"
    ]


def test_the_options_of_a_step_are_its_config(faults_of):
    assert faults_of("step_type", HEAD.format(option="limit") + class_text("step_type"), OPTIONS) == []


@pytest.mark.slow
def test_an_option_of_a_step_must_not_hide_behind_an_argument_of_step_of(faults_of):
    text = HEAD.format(option="next_step") + class_text("step_type")
    assert faults_of("step_type", text, OPTIONS) == [
        "step_type 'thing': option 'next_step' of its config is an argument of Step.of() itself: rename it"
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1/0", "source 'thing' cannot be loaded: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "source 'thing' cannot be loaded: SystemExit: 3"),
        ("Thing = 7", "source 'thing' cannot be loaded: TypeError: spine_acme.thing:Thing is not a class"),
    ],
)
def test_a_class_that_cannot_be_loaded(text, fault, faults_of):
    assert faults_of("source", text) == [fault]


def test_options_are_an_attrs_class(faults_of):
    text = class_text("source") + "\nclass Options: ..."
    assert faults_of("source", text, OPTIONS) == [
        "source 'thing': its config spine_acme.thing:Options is not an attrs class"
    ]


def test_an_abstract_class_is_a_fault(faults_of):
    text = HEAD.format(option="x") + (
        "class Thing(ABC):\n    def __init__(self, name): ...\n    @abstractmethod\n    def fetch(self): ..."
    )
    assert faults_of("source", text) == ["source 'thing': spine_acme.thing:Thing does not implement fetch"]


def test_a_class_without_a_signature_is_left_alone(faults_of):
    assert faults_of("source", "class Thing:\n    __signature__ = 7\n    def fetch(self): ...") == []


def test_a_plugin_that_is_not_loaded_is_a_fault_unless_it_is_disabled(report_of, monkeypatch):
    report = report_of("1/0")
    (fault,) = check_plugin(report)
    assert fault.sentence == "broken: ZeroDivisionError: division by zero"
    assert isinstance(fault.error, ZeroDivisionError)
    monkeypatch.setenv("SPINE_PLUGINS_DISABLED", "other")
    assert check_plugin(report_of("1/0", "other")) == []


def test_a_plugin_that_provides_nothing_has_a_fault(report_of):
    (fault,) = check_plugin(report_of(""))
    assert fault.sentence.startswith("it provides nothing")


def test_the_command_exits_1_and_shows_the_cause(report_of, monkeypatch):
    report_of("raise ValueError('x\\x1b[31m')")
    monkeypatch.setenv("SPINE_PLUGINS_STRICT", "1")
    done = call("plugins", "check", "acme", "--traceback")
    assert done.code == 1
    assert done.out.startswith("acme: broken: ValueError: x [31m\nTraceback (most recent call last):\n")
    assert "\x1b" not in done.out + done.err
    assert call("plugins", "check", "core").code == 0


def test_the_command_gives_json(report_of):
    report_of("1/0")
    done = call("plugins", "check", "--json")
    assert done.json == [{"plugin": "acme", "fault": "broken: ZeroDivisionError: division by zero"}]


def test_an_unknown_plugin_is_wrong_usage(report_of):
    done = call("plugins", "check", "cor")
    assert (done.code, "did you mean 'core'" in done.err) == (2, True)


MIGRATION = """
from spine.plugins import MigrationSpec, hookimpl


@hookimpl
def spine_register_migrations():
    return [MigrationSpec("acme", "spine_acme:tables", head="a1", metadata="spine_acme.thing:metadata")]
"""


@pytest.mark.parametrize(
    ("revision", "thing", "faults"),
    [
        ("revision = 'a1'\ndown_revision = None", "metadata = 1", []),
        ("1/0", "metadata = 1", ["ZeroDivisionError: division by zero"]),
        ("revision = 'a1'\ndown_revision = None", "", ["AttributeError: module 'spine_acme.thing' has no attribute"]),
        ("revision = 'a2'\ndown_revision = None", "metadata = 1", ["its head is 'a1', and the newest revision in"]),
    ],
)
def test_migrations_lead_to_their_head_and_say_what_they_make(revision, thing, faults, installed_plugin):
    made = installed_plugin("acme", MIGRATION, modules={"thing.py": thing})
    tables = made.folder / made.package / "tables"
    tables.mkdir()
    (tables / "one.py").write_text(revision)
    [report] = [report for report in current_catalog().reports if report.name == "acme"]
    found = [fault.sentence for fault in check_plugin(report)]
    assert len(found) == len(faults)
    for sentence, expected in zip(found, faults, strict=True):
        assert sentence.startswith(f"migration 'acme': {expected}")


HTTP_CHANNEL = """
from spine.framework.alerts.http_channel import HttpChannel


class Thing(HttpChannel):
    def send(self, alert): ...
"""


def test_a_channel_behind_http_has_no_fault_with_its_extra(faults_of):
    assert faults_of("alert_channel", HTTP_CHANNEL) == []


@pytest.mark.parametrize("module", ["httpx", "httpcore"])
def test_a_channel_behind_http_without_its_extra_is_a_fault(module, faults_of, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    assert faults_of("alert_channel", HTTP_CHANNEL) == [
        "alert_channel 'thing' needs 'spine-core[http]': write it into the plugin's dependencies and install it"
    ]
