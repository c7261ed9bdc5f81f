"""Addresses of e-mail, checked when the channel is created."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.utils import parseaddr

from spine.core.errors import InvalidConfigError

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def parse_address(text: str, option: str) -> Address:
    """Return `name <user@host>` or `user@host` taken apart; InvalidConfigError for anything else.

    Unquoted ASCII only: the form that every mail server accepts (RFC 5321, section 4.1.2; not RFC 6531).
    """
    name, address = parseaddr(text)
    one_line = name.isprintable() and text.isprintable()
    if not one_line or not _ADDRESS.fullmatch(address) or not text.rstrip().endswith((address, f"<{address}>")):
        raise InvalidConfigError(option, text, f"{option} {text!r:.120} is not an e-mail address: write user@host")
    return Address(name, addr_spec=address)
