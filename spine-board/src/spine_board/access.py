"""Rules of who may read a board, and who may act: by the address it listens on, the host asked for, and tokens."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping

from attrs import frozen

from spine_board.sessions import Session, Sessions
from spine_board.tokens import Tokens, hash_of

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers of a proxy: a request with one of them comes from elsewhere, also over the loopback."""


def is_loopback(host: str) -> bool:
    """Return True for an address, or the name, of the loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_address(host: str) -> bool:
    """Return True for an IP address: no name service can point it elsewhere."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def host_name(header: str) -> str:
    """Return the name or address in a Host header, without the port and the brackets of IPv6."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


@frozen
class Access:
    """Address of a board, the names by which it may be asked, and its permission of actions."""

    host: str = "127.0.0.1"
    port: int = 8470
    names: tuple[str, ...] = ()
    with_actions: bool = False

    @property
    def cookie(self) -> str:
        """The name of the login's cookie: boards on several ports of a host have one each."""
        return f"spine_board_{self.port}"

    def knows(self, host_header: str) -> bool:
        """Return True if a browser that asks for this host is not led here by another site's name."""
        name = host_name(host_header)
        if name in (*_LOOPBACK_NAMES, self.host.lower(), *map(str.lower, self.names)):
            return True
        return not is_loopback(self.host) and is_address(name)

    def is_open(self, headers: Mapping[str, str]) -> bool:
        """Return True if a request may read without a token: one of this machine, to its loopback."""
        if not is_loopback(self.host) or not is_loopback(host_name(headers.get("host", ""))):
            return False
        return not any(name in headers for name in _FORWARDED)


@frozen
class Visitor:
    """Sender of a request: the name of the token, and its rights; `session` of a login by cookie."""

    name: str | None
    can_read: bool
    can_act: bool
    session: Session | None = None

    @property
    def csrf(self) -> str:
        """The text that each form of a login carries."""
        return "" if self.session is None else self.session.csrf

    def accepts(self, csrf: str | None) -> bool:
        """Return True if a form is of this login; a program that sends its token in a header needs no such text."""
        return self.session is None or secrets.compare_digest(self.session.csrf.encode(), (csrf or "").encode())


@frozen
class Gate:
    """Recognition of visitors by their header or cookie."""

    access: Access
    tokens: Tokens
    sessions: Sessions

    def visitor(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> Visitor:
        """Return who sent a request; a token that was removed ends its logins."""
        session, name = None, None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            name = self.tokens.name_of(given.strip())
        elif (session := self.sessions.find(cookies.get(self.access.cookie))) is not None:
            name = self.tokens.name_of_hash(session.token_hash)
        if name is None:
            return Visitor(None, self.access.is_open(headers), can_act=False)
        return Visitor(name, can_read=True, can_act=self.access.with_actions, session=session)

    def log_in(self, token: str) -> Session | None:
        """Return a new login, or None for what is no token."""
        if self.tokens.name_of(token) is None:
            return None
        return self.sessions.start(hash_of(token))
