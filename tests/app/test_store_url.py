"""Projects whose captures are at a URL: `[spine] store = "s3://..."`."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec
import pytest

from spine.app import open_project
from spine.core.errors import ConfigError, StorageError
from spine.core.ids import new_id
from spine.framework.captures import capture, read_capture
from tests.payload_places import Place
from tests.projects import Project, wait_until

FLOWS = """
from spine.framework.captures import capture, read_capture
from spine.orchestration import Step, Workflow, workflow_registry


def keep(ctx, config):
    capture("numbers", [{"n": 1, "k": "a"}, {"n": 2, "k": "b"}])


def fail(ctx, config):
    capture("lost", [{"n": 1}])
    raise ValueError("after the capture")


for each in (keep, fail):
    workflow_registry.register(Workflow(each.__name__, [Step.lambda_("s", each)]))
"""


def project(root: Path, store: str, more: str = "") -> Project:
    found = Project(root / "p")
    found.write("flows.py", FLOWS)
    found.write("spine.toml", f'[spine]\nstore = "{store}"\nmodules = ["flows"]\n{more}')
    return found


def test_a_run_captures_to_a_url_and_no_folder_is_made(tmp_path: Path) -> None:
    url = f"memory://{new_id()}/captures"
    used = project(tmp_path, url)
    assert used.call("run", "keep").code == 0
    with open_project(used.root):
        found = read_capture("numbers")
        assert found.data == [{"n": 1, "k": "a"}, {"n": 2, "k": "b"}]
    [name] = fsspec.filesystem("memory").find(url.removeprefix("memory:/"))
    assert name.endswith(found.capture.location)
    shown = json.loads(used.call("captures", "show", "numbers", "--json").out)
    assert shown["file"] == f"{url}/{found.capture.location}"
    assert not (used.root / "memory:").exists()
    assert not (used.root / ".spine/captures").exists()


def test_a_url_that_is_not_supported_is_refused_and_makes_no_folder(tmp_path: Path) -> None:
    """Such a URL once became a folder `./s3:`."""
    used = project(tmp_path, "nosuch://bucket/captures")
    with open_project(used.root), pytest.raises(ConfigError, match="'nosuch' is no scheme that fsspec knows"):
        capture("x", [{"n": 1}])
    assert used.call("run", "keep").code == 1
    assert not list(used.root.glob("nosuch*"))
    doctor = used.call("doctor")
    assert "'nosuch' is no scheme that fsspec knows" in doctor.out
    assert doctor.code == 1


def test_a_file_url_is_a_folder(tmp_path: Path) -> None:
    used = project(tmp_path, f"file://{tmp_path}/with%20space")
    with open_project(used.root):
        kept = capture("x", [{"n": 1}])
    assert (tmp_path / "with space" / kept.location).is_file()


@pytest.mark.slow
def test_verify_gc_and_check_work_on_an_s3_server(s3: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_SECRET", "a-secret-of-the-store")
    options = f'key = "testing", secret = {{ env = "STORE_SECRET" }}, endpoint_url = "{s3.options["endpoint_url"]}"'
    used = project(tmp_path, s3.url, f"store_options = {{ {options} }}\n")
    assert used.call("run", "keep").code == 0
    assert used.call("run", "fail").code == 1
    assert "1 files of 1 revisions are as they were written" in used.call("captures", "verify").out
    assert used.call("db", "check").code == 0
    assert f"{s3.url} answers" in used.call("doctor").out
    assert len(s3.files()) == 2
    removed: list[dict[str, str]] = []

    def clean() -> bool:  # what is a second old
        removed.extend(json.loads(used.call("captures", "gc", "--older-than", "1s", "--json").out))
        return bool(removed)

    wait_until(clean)
    assert [row["location"].split("/")[0] for row in removed] == ["lost"]
    [left] = s3.files()
    s3.put(left, b"")
    damaged = used.call("captures", "verify")
    assert damaged.code == 1
    assert f"its file {s3.url}/{left} is damaged" in damaged.out
    s3.put("numbers/other", s3.get(left))
    shown = used.call("config", "show").out + used.call("config", "show", "--json").out
    assert "a-secret-of-the-store" not in shown


def test_a_server_that_is_away_is_an_error_of_one_line_without_the_secret(tmp_path: Path) -> None:
    options = 'key = "testing", secret = "hidden-secret", endpoint_url = "http://127.0.0.1:1"'
    options += ", config_kwargs = { retries = { max_attempts = 0 } }"
    used = project(tmp_path, "s3://bucket/captures", f"store_options = {{ {options} }}\n")
    with open_project(used.root), pytest.raises(StorageError) as caught:
        capture("x", [{"n": 1}])
    assert caught.value.retryable
    ran = used.call("captures", "gc")
    assert ran.code == 1
    assert ran.err.startswith("Error: cannot list s3://bucket/captures")
    assert "Traceback" not in ran.err
    shown = ran.err + used.call("doctor").out + used.call("config", "show").out
    assert "hidden-secret" not in shown + str(caught.value)


def test_doctor_names_captures_whose_files_are_on_another_host(tmp_path: Path) -> None:
    used = project(tmp_path, ".spine/captures")
    used.call("run", "keep")
    assert "of captures are not in" not in used.call("doctor").out
    (used.root / ".spine/captures").rename(tmp_path / "of-another-host")
    says = used.call("doctor").out
    assert "1 of the newest 1 files of captures are not in" in says
    assert "another host may have written them to a folder of its own" in says
