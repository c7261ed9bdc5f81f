"""Each failure to connect is one sentence: what, where, what to do. The host key is always checked."""

from __future__ import annotations

import hmac
import socket
from base64 import b64encode
from contextlib import closing
from threading import Thread

import asyncssh
import pytest

from spine.core.errors import (
    AuthenticationError,
    AuthError,
    ConfigError,
    NetworkError,
    SourceError,
    TimeoutError,  # noqa: A004 -- Spine's own
)
from tests.sources_sftp.server import PASSWORD, serving


@pytest.fixture
def known_hosts(tmp_path):
    return tmp_path / "known_hosts"


@pytest.fixture(autouse=True)
def file(server):
    (server.root / "x.csv").write_text("a\n1\n")


def failure(source, **options):
    error = source("x.csv", **options).fetch().error
    assert error is not None
    assert PASSWORD not in f"{error} {error.to_dict()} {error.__cause__!r}"
    return error


@pytest.mark.parametrize("exists", [False, True])
def test_an_unknown_host_key_is_shown_with_the_command_that_adds_it(server, source, known_hosts, exists):
    known_hosts.write_text("other ssh-ed25519 AAAA\n") if exists else known_hosts.unlink()
    error = failure(source)
    assert type(error) is AuthError
    assert not error.retryable
    assert str(error) == (
        f"{known_hosts} has no host key of 127.0.0.1:{server.port}, which shows ssh-ed25519 "
        f"{server.host_key.get_fingerprint()}: have its operator confirm that fingerprint, then run: "
        f"ssh-keyscan -p {server.port} 127.0.0.1 >> {known_hosts}"
    )


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
def test_a_changed_host_key_is_refused_before_the_login(server, source, known_hosts, algorithm):
    before = asyncssh.generate_private_key(algorithm).export_public_key().decode()
    known_hosts.write_text(f"[127.0.0.1]:{server.port} {before}")
    error = failure(source)
    assert type(error) is AuthError
    assert not error.retryable
    assert str(error).startswith(
        f"127.0.0.1:{server.port} does not show the host key that {known_hosts} has for it, but ssh-ed25519 "
        f"{server.host_key.get_fingerprint()}: it may be another machine; only if its operator confirms the change, "
    )
    assert f"run: ssh-keygen -R '[127.0.0.1]:{server.port}' -f {known_hosts} && ssh-keyscan -p" in str(error)


def test_of_several_host_keys_the_server_shows_the_one_that_is_known(source, known_hosts):
    with serving(also="ecdsa-sha2-nistp256") as several:
        known_hosts.write_text(several.known_hosts_line)
        assert failure(source, port=several.port).message.endswith("/~/x.csv does not exist")


def test_a_revoked_host_key_is_refused(server, source, known_hosts):
    known_hosts.write_text(f"{server.known_hosts_line}@revoked {server.known_hosts_line}")
    error = failure(source)
    assert type(error) is AuthError
    assert "Host key is revoked" in str(error)


def test_a_host_may_be_known_by_a_hash_of_its_name(server, source, known_hosts):
    salt = b"0123456789abcdefghij"
    digest = hmac.digest(salt, f"[127.0.0.1]:{server.port}".encode(), "sha1")
    hashed = f"|1|{b64encode(salt).decode()}|{b64encode(digest).decode()}"
    known_hosts.write_text(f"{hashed} {server.host_key.export_public_key().decode()}")
    assert source("x.csv").fetch().success


def test_known_hosts_that_cannot_be_read_are_an_error_of_the_configuration(source, known_hosts):
    known_hosts.write_text("one-word\n")
    assert str(failure(source)).startswith(f"known_hosts {known_hosts} has a line that cannot be read: ")
    known_hosts.unlink()
    known_hosts.mkdir()
    error = failure(source)
    assert isinstance(error, ConfigError)
    assert str(error) == f"known_hosts {known_hosts} cannot be read: Is a directory"


def test_a_wrong_password_names_the_user_and_the_options(server, source):
    error = failure(source, password="wrong-canary")
    assert isinstance(error, AuthenticationError)
    assert not error.retryable
    assert str(error) == f"127.0.0.1:{server.port} refuses the login of 'acme': check username and password"


@pytest.fixture
def key(server, tmp_path):
    """A private key that the server accepts."""
    key = server.client_key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(tmp_path / "key")
    return tmp_path / "key"


def test_a_key_logs_in_without_a_password(source, key):
    assert source("x.csv", password=None, key_file=key).fetch().success


def test_a_key_that_the_server_does_not_know_is_refused(server, source, key):
    server.client_key = None
    error = failure(source, password=None, key_file=key)
    assert isinstance(error, AuthenticationError)
    assert str(error).endswith("refuses the login of 'acme': check username and key_file")


@pytest.mark.filterwarnings("ignore:.*bcrypt")  # one round is quick
def test_a_key_with_a_passphrase_needs_it(server, source, key):
    server.client_key.write_private_key(key, passphrase="right-canary", rounds=1)
    assert source("x.csv", password=None, key_file=key, key_passphrase="right-canary").fetch().success
    error = failure(source, password=None, key_file=key, key_passphrase="wrong-canary")
    assert isinstance(error, AuthenticationError)
    assert str(error) == f"the passphrase of key_file {key} is wrong: check key_passphrase"
    error = failure(source, password=None, key_file=key)
    assert isinstance(error, ConfigError)
    assert str(error).endswith("give key_passphrase")


def test_a_key_file_that_is_none_is_an_error_of_the_configuration(source, tmp_path):
    error = failure(source, key_file=tmp_path / "nowhere")
    assert isinstance(error, ConfigError)
    assert str(error).startswith(f"key_file {tmp_path / 'nowhere'} cannot be read: No such file or directory")
    (tmp_path / "text").write_text("hello")
    assert str(failure(source, key_file=tmp_path / "text")).endswith("give the file of a private key")


def test_neither_the_agent_nor_the_files_of_this_user_are_used(server, source, tmp_path, monkeypatch, key):
    home = tmp_path / "home" / ".ssh"
    home.mkdir(parents=True)
    key.rename(home / "id_ed25519")
    (home / "config").write_text("Host *\n  User other\n  UserKnownHostsFile none\n")
    monkeypatch.setenv("HOME", str(home.parent))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    assert isinstance(failure(source, password="wrong-canary"), AuthenticationError)
    assert source("x.csv").fetch().success


def free_port():
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def test_a_refused_connection_may_be_tried_again(source):
    port = free_port()
    error = failure(source, port=port)
    assert type(error) is NetworkError
    assert error.retryable
    assert str(error) == f"127.0.0.1:{port} refuses the connection: check port, and that the server is running"


def test_an_unknown_host_may_be_tried_again(source):
    error = failure(source, host="nowhere.invalid")
    assert type(error) is NetworkError
    assert error.retryable
    assert str(error).startswith("no address is known for nowhere.invalid: check host (")


def test_a_server_that_says_nothing_is_a_timeout(source):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        error = failure(source, port=port, connect_timeout=0.05)
    assert type(error) is TimeoutError
    assert error.retryable
    assert str(error) == f"127.0.0.1:{port}: no answer within 0.05 s; try again later, or raise connect_timeout"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-1.5-old\r\n"])
def test_what_is_no_ssh_server_is_told(source, said):
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def answer():
            connection, _ = listening.accept()
            with connection:
                connection.sendall(said)

        answering = Thread(target=answer)
        answering.start()
        error = failure(source, port=listening.getsockname()[1])
        answering.join()
    assert isinstance(error, NetworkError)
    assert "127.0.0.1" in str(error)


def test_a_login_without_sftp_is_told(source, known_hosts):
    with serving(offers_sftp=False) as shell:
        known_hosts.write_text(shell.known_hosts_line)
        error = failure(source, port=shell.port)
    assert isinstance(error, SourceError)
    assert not error.retryable
    assert str(error).startswith(f"127.0.0.1:{shell.port} accepts the login of 'acme', but offers no SFTP: have it")


def test_a_connection_lost_at_the_start_of_sftp_may_be_tried_again(server, source):
    server.on_start = lambda channel: channel.get_connection().abort()
    assert failure(source).retryable


def test_a_stream_and_a_question_fail_as_a_fetch_does(source):
    with pytest.raises(AuthenticationError):
        next(source("x.csv", password="wrong-canary").stream())
    with pytest.raises(AuthenticationError):
        source("x_{n}.csv", password="wrong-canary").placeholder_values("n")
    assert source("x.csv", password="wrong-canary").has_changed(last_hash="0")
