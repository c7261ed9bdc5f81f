"""The modules of `[spine] modules` are imported from the project's folder, once, and fail with one sentence."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from spine.config.modules import import_modules
from spine.core.errors import ConfigError
from spine.core.scope import Scope, use_scope
from spine.framework.pipelines import pipeline_registry
from spine.plugins.catalog import Catalog
from spine.testing import FixedClock
from tests.projects import wait_until

REGISTER = """
from spine.framework.pipelines import pipeline

@pipeline("{name}")
def run(params):
    return {{"from": __file__}}
"""


def _project(root: Path, **files: str) -> Path:
    root.mkdir(exist_ok=True)
    for name, text in files.items():
        (root / f"{name}.py").write_text(text)
    return root


def _pipelines(root: Path, *names: str) -> list[str]:
    with use_scope(import_modules(root, names or ("flows",), {Catalog: Catalog([])})):
        return pipeline_registry.list_pipelines()


def _refusal(root: Path, *names: str) -> str:
    with pytest.raises(ConfigError) as caught:
        import_modules(root, names or ("flows",), {Catalog: Catalog([])})
    return str(caught.value)


def test_registrations_of_a_module_are_in_its_scope_only(tmp_path: Path) -> None:
    _project(tmp_path, flows=REGISTER.format(name="a"))
    assert _pipelines(tmp_path) == ["a"]
    assert pipeline_registry.list_pipelines() == []


def test_a_project_opened_again_does_not_run_its_modules_again(tmp_path: Path) -> None:
    text = "from pathlib import Path\nwith Path(__file__).with_name('log').open('a') as log:\n    log.write('x')\n"
    _project(tmp_path, flows=text)
    services = {Catalog: Catalog([])}
    assert import_modules(tmp_path, ["flows"], services) is import_modules(tmp_path, ["flows"], services)
    assert (tmp_path / "log").read_text() == "x"


def test_a_project_opened_again_sees_the_services_around_it_then(tmp_path: Path) -> None:
    _project(tmp_path, flows=REGISTER.format(name="a"))
    for clock in (FixedClock(), FixedClock()):
        around = Scope()
        around.provide(FixedClock, clock)
        with use_scope(around):
            opened = import_modules(tmp_path, ["flows"], {})
            assert opened.find(FixedClock) is clock
        with use_scope(Scope(parent=opened)):
            assert import_modules(tmp_path, ["flows"], {}).find(FixedClock) is clock  # from inside of the project


def test_another_list_of_modules_registers_all_of_it_again(tmp_path: Path) -> None:
    _project(tmp_path, flows=REGISTER.format(name="a"), more=REGISTER.format(name="b"))
    assert _pipelines(tmp_path, "flows") == ["a"]
    assert _pipelines(tmp_path, "flows", "more") == ["a", "b"]


def test_two_projects_with_modules_of_the_same_name_keep_apart(tmp_path: Path) -> None:
    text = "import helper\n" + REGISTER.replace('"{name}"', "helper.NAME").replace("{{", "{").replace("}}", "}")
    a = _project(tmp_path / "a", flows=text, helper='NAME = "a"')
    b = _project(tmp_path / "b", flows=text, helper='NAME = "b"')
    assert (_pipelines(a), _pipelines(b), _pipelines(a)) == (["a"], ["b"], ["a"])
    assert sys.modules["helper"].NAME == "a"
    assert str(b) not in sys.path


def test_projects_that_threads_open_at_the_same_time_keep_apart(tmp_path: Path) -> None:
    waits = (
        REGISTER.format(name="a")
        + """
import time
from pathlib import Path
Path(__file__).with_name("begun").touch()
while not Path(__file__).with_name("go").exists():
    time.sleep(0.01)
"""
    )
    a, b = _project(tmp_path / "a", flows=waits), _project(tmp_path / "b", flows=REGISTER.format(name="b"))
    found: dict[Path, list[str]] = {}
    first, second = (
        threading.Thread(target=lambda root=root: found.update({root: _pipelines(root)})) for root in (a, b)
    )
    first.start()
    wait_until((a / "begun").exists)
    second.start()
    second.join(0.2)  # where it does not wait for the first, it has ended by then
    (a / "go").touch()
    first.join()
    second.join()
    assert found == {a: ["a"], b: ["b"]}
    assert (_pipelines(_project(tmp_path / "c", flows=REGISTER.format(name="c"))), _pipelines(a)) == (["c"], ["a"])


def test_many_projects_opened_before_do_not_slow_the_opening_of_another(tmp_path: Path) -> None:
    roots = [_project(tmp_path / f"p{number}", flows="") for number in range(40)]
    few = _calls(lambda: [_pipelines(root) for root in roots[:2]])
    for root in roots:
        _pipelines(root)
    assert _calls(lambda: [_pipelines(root) for root in roots[:2]]) < few * 1.5


def _calls(function: Callable[[], object]) -> int:
    """Return the number of Python functions that are called."""
    called: list[str] = []
    sys.setprofile(lambda frame, event, _: called.append(event) if event == "call" else None)
    try:
        function()
    finally:
        sys.setprofile(None)
    return len(called)


def test_the_script_that_opens_a_project_stays_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = _project(tmp_path / "a", flows="", script=""), _project(tmp_path / "b", flows="")
    monkeypatch.syspath_prepend(a)
    monkeypatch.setitem(sys.modules, "script", __import__("script"))  # and gone after the test
    for root in (a, b, a):
        _pipelines(root)
        assert "script" in sys.modules


def test_a_module_that_failed_is_run_again_and_so_are_those_before_it(tmp_path: Path) -> None:
    _project(tmp_path, flows=REGISTER.format(name="a"), more="1 / 0")
    _refusal(tmp_path, "flows", "more")
    _project(tmp_path, more=REGISTER.format(name="bb"))
    assert _pipelines(tmp_path, "flows", "more") == ["a", "bb"]


def test_a_module_in_a_package_is_found(tmp_path: Path) -> None:
    _project(tmp_path / "package", __init__="", flows=REGISTER.format(name="a"))
    assert _pipelines(tmp_path, "package.flows") == ["a"]


def test_the_output_of_a_module_goes_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _pipelines(_project(tmp_path, flows="print('hello')"))
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize("name", ["flows", "package", "package.flows"])
def test_a_module_that_does_not_exist_says_which_file_to_create(tmp_path: Path, name: str) -> None:
    assert f"does not exist: create {tmp_path / name.replace('.', '/')}.py or correct" in _refusal(tmp_path, name)


def test_the_name_of_a_file_is_no_name_of_a_module(tmp_path: Path) -> None:
    _project(tmp_path, flows="")
    assert _refusal(tmp_path, "flows.py").endswith("does not exist: write 'flows', without .py")


@pytest.mark.parametrize("name", ["", "my flows", "./flows", "../flows", ".flows", "a..b", "my-flows"])
def test_an_invalid_module_name_says_how_one_is_written(tmp_path: Path, name: str) -> None:
    assert 'is not the name of a module: write "flows" for the file flows.py' in _refusal(tmp_path, name)


def test_a_module_that_raises_is_named_with_its_line(tmp_path: Path) -> None:
    _project(tmp_path, flows="\n\nraise RuntimeError('no luck')\n")
    refusal = _refusal(tmp_path)
    assert f"cannot be imported: RuntimeError: no luck at {tmp_path}/flows.py, line 3" in refusal


def test_a_syntax_error_is_named_with_its_line(tmp_path: Path) -> None:
    _project(tmp_path, flows="x = 1\ndef broken(:\n")
    refusal = _refusal(tmp_path)
    assert "SyntaxError: invalid syntax" in refusal
    assert f"at {tmp_path}/flows.py, line 2" in refusal


def test_a_module_that_exits_does_not_end_the_process(tmp_path: Path) -> None:
    _project(tmp_path, flows="import sys\nsys.exit(0)\n")
    assert "cannot be imported: SystemExit: 0" in _refusal(tmp_path)


def test_an_import_that_is_missing_inside_a_module_is_not_mistaken_for_the_module(tmp_path: Path) -> None:
    _project(tmp_path, flows="import no_such_library\n")
    refusal = _refusal(tmp_path)
    assert "cannot be imported: ModuleNotFoundError: No module named 'no_such_library'" in refusal
    assert "line 1" in refusal


def test_a_package_that_fails_is_not_called_missing(tmp_path: Path) -> None:
    _project(tmp_path / "package", __init__="raise ImportError('broken')", flows="")
    assert "cannot be imported: ImportError: broken" in _refusal(tmp_path, "package.flows")


def test_a_file_that_has_the_name_of_a_loaded_module_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    _project(tmp_path, calendar=REGISTER.format(name="a"))
    __import__("calendar")
    assert f"is not {tmp_path}/calendar.py, but 'calendar' from elsewhere" in _refusal(tmp_path, "calendar")
