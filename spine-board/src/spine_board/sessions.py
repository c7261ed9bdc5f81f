"""Logins of a board, in the memory of its process: after a restart, people log in again."""

from __future__ import annotations

import secrets
import time
from threading import Lock

from attrs import frozen

LIFETIME_SECONDS = 12 * 3600
_MOST = 1_000


@frozen
class Session:
    """A login: its id is the cookie, `csrf` stands in each form, and `token_hash` is that of the token used."""

    id: str
    token_hash: str
    csrf: str
    ends_at: float


class Sessions:
    """The logins, by id; the oldest ends when there are too many."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}
        self._told: dict[str, str] = {}
        self._lock = Lock()

    def start(self, token_hash: str) -> Session:
        """Return a new login with the token of that hash."""
        made = Session(secrets.token_urlsafe(32), token_hash, secrets.token_urlsafe(32), time.time() + LIFETIME_SECONDS)
        with self._lock:
            if len(self._open) >= _MOST:
                oldest = next(iter(self._open))
                del self._open[oldest]
                self._told.pop(oldest, None)
            self._open[made.id] = made
        return made

    def find(self, session_id: str | None) -> Session | None:
        """Return the login of that id, unless it has ended."""
        found = self._open.get(session_id or "")
        return found if found is not None and time.time() < found.ends_at else None

    def tell(self, session: Session, text: str) -> None:
        """Keep a sentence for the next page of a login."""
        self._told[session.id] = text

    def take_told(self, session: Session | None) -> str | None:
        """Return the sentence that was kept for a login, once."""
        return None if session is None else self._told.pop(session.id, None)

    def end(self, session_id: str | None) -> None:
        """Log out."""
        with self._lock:
            self._open.pop(session_id or "", None)
            self._told.pop(session_id or "", None)
