"""`spine db` reports its findings and actions on stdout."""

from __future__ import annotations

from collections.abc import Callable

from spine.storage.migrate import HEAD
from tests.projects import Project


def test_what_it_finds_and_does_is_on_stdout(scratch_project: Callable[..., Project]) -> None:
    project = scratch_project()
    versions = {"needed": HEAD, "version": HEAD}
    for arguments, expected in (
        (("status",), {"version": None, "up_to_date": False}),
        (("upgrade",), {"version_before": None, **versions}),
        (("upgrade",), {"version_before": HEAD, **versions}),
        (("status",), {"up_to_date": True, **versions}),
        (("downgrade", "0005", "--yes"), {"version_before": HEAD, "version": "0005"}),
    ):
        done = project.call("db", *arguments, "--json")
        assert done.err == ""
        assert expected.items() <= done.json.items()
    assert project.call("db", "upgrade").out.splitlines()[1:3] == ["version before  0005", f"version         {HEAD}"]
    assert project.call("db", "check").out == "the database, its tables and the captures' files are sound\n"


def test_the_list_shows_what_is_wrong_with_a_declaration(scratch_project: Callable[..., Project]) -> None:
    project = scratch_project(
        '[databases.side]\ntype = "sqlite"\npath = "side.db"\n'
        '[databases.far]\ntype = "postgresql"\nhost = "h"\npassword = { env = "NO_SUCH_VARIABLE" }\n'
    )
    told = "needs the environment variable NO_SUCH_VARIABLE, which is not set"
    far, side = project.call("db", "list", "--json").json
    assert (far["name"], side["name"], side["error"]) == ("far", "side", None)
    assert told in far["error"]
    shown = project.call("db", "list")
    assert shown.code == 0
    assert "NO_SUCH_VARIABLE" in shown.out
    assert not (project.root / "side.db").exists()
