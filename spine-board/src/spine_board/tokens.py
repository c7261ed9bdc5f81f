"""Named tokens for people and programs that use a board; only their SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.clock import utc_now
from spine.core.errors import ConfigError
from spine.core.names import validate_name
from spine.core.suggest import no_such

if TYPE_CHECKING:
    from spine.project import Project

_PREFIX = "spine_board_"  # lets scanners of repositories and logs recognise a token
_BYTES = 32


@frozen
class Tokens:
    """The tokens of a project; every board on its database knows them."""

    _project: Project

    def add(self, name: str) -> str:
        """Make a token and return it: it cannot be read again. Raises ConfigError if `name` has one."""
        validate_name(name, "token name")
        if any(row["name"] == name for row in self.list()):
            raise ConfigError(f"there is a token {name!r} already: spine board token remove {name} ends it")
        token = _PREFIX + secrets.token_urlsafe(_BYTES)
        row = {"project": self._project.history_name, "name": name, "token_hash": hash_of(token)}
        self._project.database.insert("board_tokens", {**row, "created_at": utc_now().isoformat()})
        return token

    def list(self) -> list[dict[str, Any]]:
        """Return the names of the tokens, with the time at which each was made."""
        sql = "SELECT name, created_at FROM board_tokens WHERE project = ? ORDER BY name"
        rows = self._project.database.query(sql, (self._project.history_name,))
        return [{**row, "created_at": datetime.fromisoformat(row["created_at"])} for row in rows]

    def remove(self, name: str) -> None:
        """End a token, and the logins with it; ConfigError if there is none of that name."""
        known = [row["name"] for row in self.list()]
        if name not in known:
            raise ConfigError(no_such("token", name, known))
        sql = "DELETE FROM board_tokens WHERE project = ? AND name = ?"
        self._project.database.execute(sql, (self._project.history_name, name))

    def name_of(self, token: str) -> str | None:
        """Return the name of a token, or None for what is none."""
        return self.name_of_hash(hash_of(token))

    def name_of_hash(self, token_hash: str) -> str | None:
        """Return the name of the token with that SHA-256, or None."""
        sql = "SELECT name FROM board_tokens WHERE project = ? AND token_hash = ?"
        found = self._project.database.query_one(sql, (self._project.history_name, token_hash))
        return None if found is None else str(found["name"])


def hash_of(token: str) -> str:
    """Return the SHA-256 of a token: it has 256 random bits, so that no slower hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
