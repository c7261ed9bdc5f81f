"""Names of descriptors, and stage three: the class at first use."""

from __future__ import annotations

import pytest

from spine.core.errors import ConfigError
from spine.plugins.catalog import current_catalog, load_catalog, load_class, load_target
from spine.plugins.declared import declarations
from spine.plugins.errors import PluginBrokenError, PluginConflictError, PluginNotInstalledError
from spine.plugins.policy import PluginPolicy

EXPORT = """
from spine.plugins import SourceSpec, hookimpl


@hookimpl
def spine_register_sources():
    return [SourceSpec("feed", "{target}", {config})]
"""


@pytest.fixture
def broken_class(report_of):
    """Install a plugin whose module `source` has this text."""

    def install(text, target="spine_acme.source:Feed", config=""):
        return report_of(EXPORT.format(target=target, config=config), modules={"source.py": text})

    return install


def reports():
    return {report.name: report for report in current_catalog().reports}


def test_the_names_of_a_kind(install_source):
    install_source("zulu", "alpha")
    assert current_catalog().names("source") == ["alpha", "database", "excel", "file", "http", "sftp", "zulu"]


def test_the_class_is_imported_at_first_use(install_source):
    import sys

    install_source("feed")
    assert "spine_acme.source" not in sys.modules
    assert load_class("source", "feed").__name__ == "Feed"
    assert current_catalog().load_config("source", "feed").__name__ == "FeedConfig"


def test_a_name_without_options(report_of):
    report_of(EXPORT.format(target="spine_acme.source:Feed", config=""), modules={"source.py": "class Feed: ..."})
    assert current_catalog().load_config("source", "feed") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1/0", "ZeroDivisionError: division by zero"),
        ("def broken(:", "SyntaxError"),
        ("import sys\nsys.exit(4)", "SystemExit: 4"),
        ("import no_such_package", "No module named 'no_such_package'"),
        ("", "has no attribute 'Feed'"),
        ("def Feed(): ...", "spine_acme.source:Feed is not a class"),
    ],
)
def test_a_class_that_cannot_be_loaded(text, reason, broken_class):
    assert broken_class(text).state.value == "ok"
    with pytest.raises(PluginBrokenError) as caught:
        load_class("source", "feed")
    sentence = str(caught.value)
    start = "source type 'feed' of plugin 'acme' cannot be loaded from spine_acme.source:Feed: "
    assert sentence.startswith(start)
    assert reason in sentence
    assert sentence.endswith("; run: spine plugins check acme")
    assert caught.value.__cause__ is not None
    assert isinstance(caught.value, ImportError)


def test_an_interrupt_passes_in_stage_three(broken_class):
    broken_class("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_class("source", "feed")


def test_the_output_of_a_class_goes_to_stderr(broken_class, capsys):
    broken_class("print('chatter')\nclass Feed: ...")
    load_class("source", "feed")
    out, err = capsys.readouterr()
    assert (out, "chatter" in err) == ("", True)


def test_a_class_that_needs_another_plugin_says_which_one(broken_class, uninstalled):
    broken_class("from spine.framework.sources import HttpSource")
    uninstalled("sources-http")
    with pytest.raises(PluginNotInstalledError, match="pip install spine-sources-http") as caught:
        load_class("source", "feed")
    assert caught.value.__cause__ is not caught.value


def test_options_that_are_no_attrs_class(broken_class):
    broken_class("class Feed: ...\nclass Options: ...", config="config='spine_acme.source:Options'")
    with pytest.raises(PluginBrokenError, match="Options is not an attrs class"):
        current_catalog().load_config("source", "feed")


def test_a_target_is_loaded_as_it_is():
    assert load_target("collections:OrderedDict").__name__ == "OrderedDict"
    with pytest.raises(TypeError, match="not a class"):
        load_target("collections:abc")


def test_two_claims_are_a_conflict_of_both(install_source):
    install_source("feed", "own")
    install_source("feed", plugin="other")
    found = reports()
    assert {found["acme"].state.value, found["other"].state.value} == {"conflict"}
    assert found["acme"].reason == (
        "acme (spine-acme) and other (spine-other) all provide source 'feed': choose one in spine.toml with "
        '[plugins.prefer] "source.feed" = "acme"'
    )
    assert current_catalog().names("source") == ["database", "excel", "file", "http", "own", "sftp"]
    with pytest.raises(PluginConflictError):
        load_class("source", "feed")
    assert load_class("source", "own").__name__ == "Feed"


def test_every_conflict_of_a_plugin_is_in_its_reason(install_source):
    install_source("one", "two")
    install_source("one", "two", plugin="other")
    assert "source 'one'" in reports()["acme"].reason
    assert "source 'two'" in reports()["acme"].reason


def test_one_name_of_two_kinds_is_no_conflict(install_source, report_of):
    install_source("feed")
    report = report_of(
        "from spine.plugins import ExecutorSpec, hookimpl\n\n\n@hookimpl\ndef spine_register_executors():\n"
        "    return [ExecutorSpec('feed', 'm:C')]",
        "other",
    )
    assert (report.state.value, reports()["acme"].state.value) == ("ok", "ok")


def test_two_plugins_of_one_name_are_told_apart_by_their_distributions(install_source):
    install_source("feed", distribution="spine-first")
    install_source("feed", distribution="spine-second")
    states = [report.state.value for report in current_catalog().reports if report.name == "acme"]
    assert states == ["conflict", "conflict"]
    with pytest.raises(PluginConflictError, match=r'"source.feed" = "spine-(first|second)"'):
        load_class("source", "feed")


def test_two_plugins_of_one_name_with_names_of_their_own_both_work(install_source):
    install_source("feed", distribution="spine-first")
    install_source("other", distribution="spine-second")
    assert {"feed", "other"} <= set(current_catalog().names("source"))


CORE_CLAIM = """
from spine.plugins import DatabaseSpec, hookimpl


@hookimpl
def spine_register_database_adapters():
    return [DatabaseSpec("sqlite", "spine_acme.adapter:Adapter")]
"""


def test_names_of_core_stay_with_core(report_of):
    report = report_of(CORE_CLAIM)
    assert report.state.value == "conflict"
    assert "acme (spine-acme) and core (spine-core) all provide database 'sqlite'" in report.reason
    assert '"database.sqlite" = "acme"' in report.reason
    assert reports()["core"].state.value == "builtin"
    assert load_class("database", "sqlite").__name__ == "SQLiteAdapter"


def test_names_of_core_are_overridden_by_preference_only(report_of):
    from spine.plugins.catalog import load_catalog
    from spine.plugins.policy import PluginPolicy

    report_of(CORE_CLAIM)
    catalog = load_catalog(PluginPolicy(prefer={"database.sqlite": "acme"}))
    assert catalog.find("database", "sqlite").target == "spine_acme.adapter:Adapter"
    catalog = load_catalog(PluginPolicy(prefer={"database.sqlite": "core"}))
    assert catalog.find("database", "sqlite").target == "spine.db.sqlite:SQLiteAdapter"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [("raise ValueError('no luck')", "ValueError: no luck"), ("import sys; sys.exit(4)", "SystemExit: 4")],
)
def test_a_class_that_refuses_to_be_made_is_told_with_its_plugin_and_where_its_options_are(
    statement, reason, broken_class
):
    broken_class(f"class Feed:\n    def __init__(self, name):\n        {statement}\n")
    sentence = f"source type 'feed' of plugin 'acme' cannot be made: {reason}; its options: spine plugins show acme"
    for make in (current_catalog().make, declarations().make):
        given = {} if make == declarations().make else {"name": "a"}
        with pytest.raises(PluginBrokenError) as raised:
            make("source", "feed", **given)
        assert str(raised.value) == sentence


def test_an_error_of_spine_that_a_class_raises_comes_as_it_is(broken_class):
    broken_class(
        "from spine.core.errors import ConfigError\n"
        "class Feed:\n    def __init__(self, name):\n        raise ConfigError('use 1 to 5')\n"
    )
    with pytest.raises(ConfigError, match=r"^use 1 to 5$"):
        current_catalog().make("source", "feed", name="a")


COMMAND = """
from spine.plugins import CommandSpec, hookimpl


@hookimpl
def spine_register_commands():
    return [CommandSpec("run", "spine_acme.source:Feed"), CommandSpec("mine", "spine_acme.source:Feed")]
"""


@pytest.mark.parametrize("prefer", [{}, {"command.run": "acme"}])
def test_a_command_of_cores_stays_cores_whatever_is_preferred(prefer, report_of):
    report_of(COMMAND)
    catalog = load_catalog(PluginPolicy(prefer=prefer))
    report = {report.name: report for report in catalog.reports}["acme"]
    assert (report.state.value, report.reason) == (
        "conflict",
        "acme (spine-acme) and core (spine-core) all provide command 'run': it is core's, ask the author of spine-acme "
        "for another name",
    )
    assert catalog.find("command", "run").target == "spine.cli.commands.run:run"
    assert catalog.find("command", "mine").target == "spine_acme.source:Feed"
