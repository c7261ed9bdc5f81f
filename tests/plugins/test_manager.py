"""Stage two: a fault of a `plugin.py` is recorded with its reason, and the other plugins are loaded."""

from __future__ import annotations

import logging
import re
import sys

import pytest

from spine.plugins import manager
from spine.plugins.catalog import current_catalog
from spine.plugins.manager import describe, foreign_code

HEAD = "import sys\nfrom spine.plugins import ChannelSpec, SourceSpec, hookimpl\n\n"
HOOK = HEAD + "@hookimpl\ndef spine_register_sources():\n"

AT_IMPORT = {
    "raises": ("raise RuntimeError('no\\nluck')", "RuntimeError: no luck"),
    "syntax error": ("def broken(:", "SyntaxError: invalid syntax"),
    "exits": ("import sys\nsys.exit('bye')", "SystemExit: bye"),
    "exits without a word": ("raise SystemExit", "SystemExit"),
    "misses a package": ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package'"),
    "recursion": ("def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"),
    "stops a generator": ("raise GeneratorExit", "GeneratorExit"),
    "error without a text": ("class E(Exception):\n  def __str__(self): 1/0\nraise E", "E"),
    "hostile text": ("raise ValueError('\\x1b[31mred\\x07')", "ValueError: [31mred"),
    "an own descriptor is wrong": (HEAD + "SourceSpec('two words', 'm:C')", "descriptor name 'two words' is not valid"),
}

FROM_HOOKS = {
    "none": ("    return None", "spine_register_sources returned NoneType, not a list of SourceSpec"),
    "text": ("    return 'feed'", "returned str, not a list of SourceSpec"),
    "bytes": ("    return b'feed'", "returned bytes, not a list of SourceSpec"),
    "dict": ("    return {'feed': 1}", "returned dict, not a list of SourceSpec"),
    "number": ("    return 7", "returned int, not a list of SourceSpec"),
    "generator that raises": ("    yield SourceSpec('a', 'm:C')\n    raise KeyError('x')", "KeyError: 'x'"),
    "wrong items": ("    return [SourceSpec('a', 'm:C'), 'b']", "returned a str in its list, not only SourceSpec"),
    "other kind": ("    return [ChannelSpec('a', 'm:C')]", "returned a ChannelSpec in its list, not only SourceSpec"),
    "twice": ("    return [SourceSpec('a', 'm:C'), SourceSpec('a', 'm:D')]", "returned 'a' twice"),
    "without end": ("    while True: yield SourceSpec('a', 'm:C')", "returned 'a' twice"),
    "exits": ("    sys.exit(3)", "SystemExit: 3"),
    "class with another kind": (
        "    class Odd(SourceSpec):\n        kind = 'step_type'\n    return [Odd('a', 'm:C')]",
        "returned a Odd in its list, not only SourceSpec",
    ),
}

OTHER = {
    "unknown hook": (
        HEAD + "@hookimpl\ndef spine_register_sauces():\n    return []",
        "unknown hook 'spine_register_sauces'",
    ),
    "argument": (HEAD + "@hookimpl\ndef spine_register_sources(config):\n    return []", "Argument(s) {'config'}"),
}


def check_broken(report, reason):
    assert report.state.value == "broken"
    assert reason in report.reason
    assert report.reason.isprintable()
    assert report.provides == []
    assert report.error is not None
    assert report.warning() == f"plugin 'acme' is broken: {report.reason}; run: spine plugins check acme"
    others = {other.name: other.state.value for other in current_catalog().reports}
    assert others["core"] == "builtin"
    assert others["sources-file"] == "ok"


@pytest.mark.parametrize("case", AT_IMPORT)
def test_a_plugin_that_fails_when_it_is_imported(case, report_of):
    plugin_py, reason = AT_IMPORT[case]
    check_broken(report_of(plugin_py), reason)


@pytest.mark.parametrize("case", FROM_HOOKS)
def test_a_plugin_that_returns_nonsense(case, report_of):
    body, reason = FROM_HOOKS[case]
    check_broken(report_of(HOOK + body), reason)


@pytest.mark.parametrize("case", OTHER)
def test_a_plugin_with_hooks_that_do_not_exist(case, report_of):
    check_broken(report_of(OTHER[case][0]), OTHER[case][1])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("spine_acme.nowhere", "No module named 'spine_acme.nowhere'"),
        ("spine_acme.plugin:nothing", "has no attribute 'nothing'"),
        ("spine_acme.plugin:NONE", "names None"),
    ],
)
def test_an_entry_point_that_leads_nowhere(value, reason, report_with):
    report = report_with("entry_points.txt", f"[spine]\nacme = {value}\n".encode())
    assert report.state.value == "broken"
    assert reason in report.reason


def test_a_faulty_plugin_leaves_nothing_behind_for_the_next(report_of):
    report_of(OTHER["unknown hook"][0], "aaa")
    report_of(OTHER["argument"][0], "aab")
    assert report_of(HOOK + "    return [SourceSpec('feed', 'm:C')]", "zzz").state.value == "ok"


def test_an_optional_hook_of_a_later_core_is_passed_over(report_of):
    later = "@hookimpl(optionalhook=True)\ndef spine_register_dashboards():\n    return 1/0\n\n\n"
    report = report_of(HEAD + later + "@hookimpl\ndef spine_register_sources():\n    return [SourceSpec('a', 'm:C')]")
    assert (report.state.value, report.reason) == ("ok", None)
    assert [spec.name for spec in report.provides] == ["a"]


def test_an_interrupt_passes(installed_plugin):
    with pytest.raises(KeyboardInterrupt):
        installed_plugin("acme", "raise KeyboardInterrupt")


def test_an_incompatible_plugin_is_not_imported(report_of):
    report = report_of("raise AssertionError('imported')", requires=["spine-core>=99"])
    assert (report.state.value, report.error) == ("incompatible", None)
    assert report.reason.startswith("it needs spine-core >=99, and ")
    assert "spine_acme.plugin" not in sys.modules


@pytest.mark.parametrize("where", ["import", "hook"])
def test_the_output_of_a_plugin_goes_to_stderr_and_is_noted(where, report_of, capsys):
    printing = "print('chatter')\n"
    body = "    return [SourceSpec('a', 'm:C')]"
    text = printing + HOOK + body if where == "import" else HOOK + f"    {printing}" + body
    report = report_of(text)
    assert report.state.value == "ok"
    assert report.warning() == (
        "plugin 'acme' works, but it prints while it is imported; run: spine plugins check acme"
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert "chatter" in err


def test_a_plugin_that_keeps_stdout_loses_nothing(capsys):
    with foreign_code() as kept:
        handler = logging.StreamHandler(sys.stdout)
        sys.stdout.buffer.write(b"bytes\n")
        sys.stdout.close()
    assert handler.stream is kept
    capsys.readouterr()
    handler.emit(logging.makeLogRecord({"msg": "later"}))
    assert capsys.readouterr() == ("", "later\n")


def test_a_slow_plugin_is_noted(report_of, monkeypatch):
    monkeypatch.setattr(manager, "SLOW_SECONDS", -1.0)
    report = report_of(HOOK + "    return [SourceSpec('a', 'm:C')]")
    assert report.state.value == "ok"
    assert re.fullmatch(r"it takes \d+\.\d s to import, which every command waits for", str(report.note))


@pytest.mark.parametrize("plugin_py", ["", "def spine_register_sources():\n    return []"])
def test_a_plugin_that_provides_nothing_is_noted(plugin_py, report_of):
    report = report_of(plugin_py)
    assert report.state.value == "ok"
    assert report.note == "it provides nothing: is each of its hooks marked with @hookimpl?"


def test_each_fault_is_one_warning_in_the_log(installed_plugin, caplog):
    with caplog.at_level(logging.WARNING, "spine.plugins"):
        installed_plugin("acme", "raise ValueError('a\\nb\\x1b[31m')")
    (record,) = [record for record in caplog.records if record.name == "spine.plugins"]
    assert record.getMessage() == "plugin 'acme' is broken: ValueError: a b [31m; run: spine plugins check acme"


def test_a_long_message_is_cut():
    text = describe(ValueError("x" * 100_000))
    assert len(text) < 400
    assert text.endswith("...")
