"""Error texts of failed connections, which name the peer and the remedy."""

from __future__ import annotations

from attrs import frozen


@frozen
class Wording:
    """The texts of failures; `{peer}`, `{seconds}` and `{reason}` are filled in, and `peer` is the host if None."""

    deadline: str
    connect_timeout: str
    read_timeout: str
    untrusted: str
    broken: str
    unsendable: str
    peer: str | None = None

    def fill(self, sentence: str, host: str, *, seconds: float = 0, reason: str = "") -> str:
        """Return one of the texts, filled in for `host`."""
        return sentence.format(peer=self.peer or host, seconds=f"{seconds:g}", reason=reason)
