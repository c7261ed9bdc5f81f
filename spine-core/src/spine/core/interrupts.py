"""Interrupts: exceptions that end work because a person or the system asks for it.

Any other exception that code raises is its failure, also one that is no Exception, such as asyncio.CancelledError or
the panic of a library in Rust.
"""

from __future__ import annotations


class Interrupt(BaseException):
    """Request to end; a BaseException, so that code does not handle it as an error."""


INTERRUPTS: tuple[type[BaseException], ...] = (KeyboardInterrupt, Interrupt)
