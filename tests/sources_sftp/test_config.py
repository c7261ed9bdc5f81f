"""Options that cannot be are refused when the source is made, secrets are not shown, the README lists the options."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import NOTHING, Attribute, fields

from spine.core.errors import InvalidConfigError
from spine.core.secrets import Secret
from spine.framework.sources import source_registry
from spine.project import open_project
from spine_sources_file.config import FileSourceConfig
from spine_sources_sftp.config import SftpSourceConfig
from spine_sources_sftp.source import SftpSource
from tests.sources_sftp.server import PASSWORD

README = Path(__file__).parents[2] / "spine-sources-sftp" / "README.md"
USUAL = {"path": "x.csv", "host": "sftp.example.com", "username": "acme", "password": PASSWORD}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"path": ""}, "path is not valid: give the path of a file on the server, a glob or a list"),
        ({"path": []}, "path is not valid: give the path of a file on the server, a glob or a list"),
        ({"path": "sftp://acme:canary@h/x.csv"}, "path is a URL: give the path on the server, and its host in `host`"),
        ({"path": "x\0.csv"}, "path holds a NUL character, which no file name has"),
        ({"host": "sftp://h"}, "host is not valid: give the server's name or address, and no URL"),
        ({"host": "-oProxyCommand=x"}, "host is not valid: give the server's name or address, and no URL"),
        ({"host": "h; rm -r ."}, "host is not valid: give the server's name or address, and no URL"),
        ({"port": 0}, "port 0 is not valid: give a number from 1 to 65535"),
        ({"port": True}, "port True is not valid: give a number from 1 to 65535"),
        ({"username": ""}, "username '' is not valid: give a text that is not empty"),
        ({"password": 5}, "password is not valid: give a text or a Secret"),
        ({"password": None}, "password and key_file are missing: give one of them, or both"),
        ({"key_passphrase": "x"}, "key_passphrase has no effect without key_file: give key_file, or leave it out"),
        ({"known_hosts": None}, "known_hosts is not valid: give a file with the host key; it is always checked"),
        ({"known_hosts": ""}, "known_hosts is not valid: give a file with the host key; it is always checked"),
        ({"timeout": 0}, "timeout 0 is not valid: give seconds, more than 0"),
        ({"connect_timeout": float("nan")}, "connect_timeout nan is not valid: give seconds, more than 0"),
        ({"delimiter": "||"}, "delimiter '||' is not valid: use one character"),
        ({"json_path": "a"}, "json_path has no effect on csv files: leave it out"),
        ({"check_host_key": False}, "SftpSource has no option 'check_host_key'"),
    ],
)
def test_a_value_that_cannot_be_is_refused_when_the_source_is_made(options, sentence):
    with pytest.raises(InvalidConfigError) as raised:
        SftpSource("s", **{**USUAL, **options})
    assert str(raised.value).startswith(sentence)
    assert "canary" not in f"{raised.value} {raised.value.to_dict()}"


@pytest.mark.parametrize(
    ("host", "path", "url"),
    [
        ("h.example", "in/x.csv", "sftp://h.example:22/~/in/x.csv"),
        ("h.example", "/in/x.csv", "sftp://h.example:22/in/x.csv"),
        ("10.0.0.1", "../x.csv", "sftp://10.0.0.1:22/~/../x.csv"),
        ("::1", "x.csv", "sftp://[::1]:22/~/x.csv"),
    ],
)
def test_a_path_is_shown_as_a_url_without_the_user(host, path, url):
    assert SftpSource("s", path, host=host, username="acme", password=PASSWORD).locator() == url


def test_passwords_are_secrets():
    options = SftpSourceConfig("s", **USUAL, key_file="key", key_passphrase="canary-passphrase")
    assert (options.password, options.key_passphrase) == (Secret(PASSWORD), Secret("canary-passphrase"))
    assert "canary" not in repr(options)


def test_the_files_of_this_user_may_be_named_with_a_tilde(monkeypatch):
    monkeypatch.setenv("HOME", "/home/acme")
    options = SftpSourceConfig("s", **USUAL, key_file="~/key")
    assert (options.key_file, options.known_hosts) == ("/home/acme/key", "/home/acme/.ssh/known_hosts")


SETTINGS = """
[sources.positions]
type = "sftp"
host = "127.0.0.1"
port = {port}
username = "acme"
password = {{ env = "SFTP_PASSWORD" }}
known_hosts = "known_hosts"
path = "out/x_{{day}}.csv"
"""


def test_a_source_of_the_settings_reads_the_path_of_the_server(server, scratch_project, monkeypatch):
    """The files of the options are relative to the project, the path is not."""
    monkeypatch.setenv("SFTP_PASSWORD", PASSWORD)
    (server.root / "out").mkdir()
    (server.root / "out" / "x_1.csv").write_text("a\n1\n")
    files = {"known_hosts": server.known_hosts_line}
    root = scratch_project(settings=SETTINGS.format(port=server.port), files=files).settings.root
    with open_project(root) as project:
        results = [source_registry.get("positions").fetch({"day": 1}) for _ in range(2)]
        assert [result.metadata.content_changed for result in results] == [True, False]
        fetches = project.sources.fetches("positions")
    assert PASSWORD not in f"{results} {fetches}"
    assert f"sftp://127.0.0.1:{server.port}/~/out/x_1.csv" in str(fetches)


def own_options() -> list[Attribute]:
    """Return the options that a source of files does not have, and the path."""
    inherited = {option.name for option in fields(FileSourceConfig)} - {"path"}
    return [option for option in fields(SftpSourceConfig) if option.name not in inherited]


def readme_row(option: Attribute) -> str:
    shown = "needed" if option.default is NOTHING else "" if option.default is None else f"`{option.default}`"
    return f"| `{option.name}` | {shown} | {option.metadata['help']} |"


def test_the_readme_lists_every_option_of_its_own():
    rows = "\n".join(readme_row(option) for option in own_options())
    assert f"|---|---|---|\n{rows}\n" in README.read_text(), rows
