"""`spine.toml` is found, read and checked; every fault is one sentence that names the file and the key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spine.config.find import find_root
from spine.config.load import load_settings
from spine.core.errors import ConfigError, MissingConfigError


def _load(root: Path, text: str | bytes, **environ: str):
    (root / "spine.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    return load_settings(root, environ)


def _refusal(root: Path, text: str | bytes, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        _load(root, text, **environ)
    return str(caught.value).removeprefix(f"{root / 'spine.toml'}: ").replace(str(root), "ROOT")


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    settings = _load(tmp_path, "")
    assert settings.spine.database == "sqlite:///.spine/spine.db"
    assert settings.store == tmp_path / ".spine/captures"
    assert settings.name == tmp_path.name
    assert settings.alerts.on_failure == "ERROR"


def test_sources_and_channels_keep_their_options_as_they_are_written(tmp_path: Path) -> None:
    settings = _load(
        tmp_path, '[sources."a.b"]\ntype = "file"\npath = "x"\n[channels.ops]\ntype = "slack"\nurl = {env = "U"}\n'
    )
    assert settings.sources["a.b"].type == "file"
    assert settings.sources["a.b"].options == {"path": "x"}
    assert settings.channels["ops"].options == {"url": {"env": "U"}}


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert _load(tmp_path, b'\xef\xbb\xbf[spine]\nname = "x"\n').name == "x"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a = \n", "ROOT/spine.toml is not valid TOML: Invalid value (at line 1, column 5)"),
        (b'name = "\xff"\n', "ROOT/spine.toml is not UTF-8 text, which TOML must be"),
        ("[spin]\n", "unknown section [spin]; did you mean 'spine'?"),
        ("spine = 3\n", "[spine] must be a table"),
        ('[spine]\ndatabse = "x"\n', "spine: unknown key 'databse'; did you mean 'database'?"),
        ("[plugins]\ndisable = []\n", "plugins: unknown key 'disable'; did you mean 'disabled'?"),
        ('[alerts]\non_failur = "ERROR"\n', "alerts: unknown key 'on_failur'; did you mean 'on_failure'?"),
        ("[spine]\nname = 7\n", "spine.name must be a text, not an integer"),
        ("[spine]\nname = 2026-01-01\n", "spine.name must be a text, not a date or time"),
        ('[spine]\ndatabase = ""\n', "spine: 'database' must not be empty: leave it out for the usual value"),
        ('[spine]\nstore = " "\n', "spine: 'store' must not be empty: leave it out for the usual value"),
        ('[spine]\nmodules = "flows"\n', "spine.modules must be a list, not a text"),
        ('[spine]\nmodules = ["a", 2]\n', "spine.modules[1] must be a text, not an integer"),
        ('[plugins]\nprefer = "x"\n', "plugins.prefer must be a table, not a text"),
        ("[plugins.prefer]\na = 1\n", "plugins.prefer.a must be a text, not an integer"),
        ("[sources]\na = 3\n", "sources.a must be a table, with a type and its options"),
        ("[sources.a]\n", "sources.a: key 'type' is missing: say which it is, as in type = \"file\""),
        ("[channels.a]\n", "channels.a: key 'type' is missing: say which it is, as in type = \"console\""),
        ("[sources.a]\ntype = 1\n", 'sources.a.type must be a text, as in type = "file"'),
    ],
)  # fmt: skip
def test_a_fault_is_one_sentence_that_says_where(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    assert _refusal(tmp_path, text) == sentence


def test_a_name_with_dots_outside_of_quotes_is_recognised(tmp_path: Path) -> None:
    refusal = _refusal(tmp_path, '[sources.finra.otc]\ntype = "file"\n')
    assert refusal.endswith("""a name with dots is written in quotes: "finra.otc\"""")


def test_a_name_that_cannot_be_used_is_refused_with_the_rule(tmp_path: Path) -> None:
    assert "use 1 to 200 letters" in _refusal(tmp_path, '[sources."a b"]\ntype = "file"\n')


def test_a_mistyped_reference_is_told_what_a_reference_looks_like(tmp_path: Path) -> None:
    refusal = _refusal(tmp_path, '[spine]\ndatabase = { env = "X", defualt = "y" }\n')
    assert refusal.startswith("spine.database must be a text, not a table; a reference is")


def test_a_missing_variable_is_named_with_the_key_that_needs_it(tmp_path: Path) -> None:
    with pytest.raises(
        MissingConfigError, match=r"spine\.database needs the environment variable DB, which is not set"
    ):
        _load(tmp_path, '[spine]\ndatabase = { env = "DB" }\n')


def test_the_file_is_found_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spine.toml").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert find_root(environ={}) == tmp_path


def test_a_given_folder_wins_over_the_variable_and_that_over_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "variable", "given"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "spine.toml").touch()
    monkeypatch.chdir(tmp_path / "here")
    environ = {"SPINE_PROJECT": str(tmp_path / "variable")}
    assert find_root(environ=environ) == tmp_path / "variable"
    assert find_root(tmp_path / "given", environ) == tmp_path / "given"
    assert find_root(tmp_path / "given" / "spine.toml", environ) == tmp_path / "given"


@pytest.fixture
def below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a project, whose subfolder is the working directory."""
    (tmp_path / "spine.toml").touch()
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to other users")
OTHER = 65534


@needs_root
@pytest.mark.parametrize("foreign", ["spine.toml", ""], ids=["file", "folder"])
@pytest.mark.parametrize("folder", [".", "below"])
def test_a_project_of_another_user_is_not_found(
    below: Path, monkeypatch: pytest.MonkeyPatch, foreign: str, folder: str
) -> None:
    monkeypatch.chdir(below / folder)
    os.chown(below / foreign, OTHER, -1)
    with pytest.raises(
        ConfigError, match=f"belongs to another user .id {OTHER}.*--project {below}.*SPINE_SAFE_PROJECTS"
    ):
        find_root(environ={})
    for environ in ({"SPINE_SAFE_PROJECTS": f"/elsewhere:{below}"}, {"SPINE_SAFE_PROJECTS": "*"}):
        assert find_root(environ=environ) == below
    assert find_root(environ={"SUDO_UID": str(OTHER)}) == below
    assert find_root(below, {}) == find_root(environ={"SPINE_PROJECT": str(below)}) == below


@needs_root
def test_a_link_of_another_user_to_a_file_of_this_one_is_not_found(below: Path) -> None:
    (below / "spine.toml").rename(below / "mine.toml")
    (below / "spine.toml").symlink_to("mine.toml")
    os.lchown(below / "spine.toml", OTHER, -1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        find_root(environ={})


@needs_root
def test_a_project_of_root_is_found_by_every_user(below: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: OTHER)
    assert find_root(environ={}) == below
    os.chown(below / "spine.toml", OTHER + 1, -1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        find_root(environ={"SUDO_UID": str(OTHER + 1)})


@pytest.mark.parametrize("writable", ["spine.toml", ""], ids=["file", "folder"])
def test_a_project_above_that_every_user_can_write_is_not_found(
    below: Path, monkeypatch: pytest.MonkeyPatch, writable: str
) -> None:
    (below / writable).chmod(0o777)
    with pytest.raises(ConfigError, match="every user of this machine can write"):
        find_root(environ={})
    assert find_root(environ={"SPINE_SAFE_PROJECTS": str(below)}) == find_root(below, {}) == below
    monkeypatch.chdir(below)
    assert find_root(environ={}) == below


def test_without_a_file_the_sentence_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"there is no spine.toml in .* or above it: run spine init"):
        find_root(environ={})
    with pytest.raises(ConfigError, match=r"there is no spine.toml in .*: run spine init"):
        find_root(tmp_path / "nowhere", {})


def test_a_file_that_is_a_folder_is_no_settings(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").mkdir()
    with pytest.raises(ConfigError, match=r"there is no spine\.toml"):
        find_root(tmp_path, {})


def test_schedules_are_kept_as_written_for_scheduling_to_read(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text(
        '[schedules.weekly]\ncron = "no cron"\nparams = { key = { env = "NOT_SET" } }\n'
    )
    assert load_settings(tmp_path, {}).schedules == {
        "weekly": {"cron": "no cron", "params": {"key": {"env": "NOT_SET"}}}
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[schedules]\nweekly = 5\n", "schedules.weekly must be a table that says what to run and when"),
        ('[schedules."a b"]\ncron = "@daily"\n', "schedules name 'a b' is not valid"),
    ],
)
def test_an_invalid_schedule_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "spine.toml").write_text(text)
    with pytest.raises(ConfigError, match=sentence):
        load_settings(tmp_path, {})
