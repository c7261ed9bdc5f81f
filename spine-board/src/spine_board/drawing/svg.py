"""Elements of SVG, escaped: text is printable, addresses lead to pages, numbers are written alike everywhere."""

from __future__ import annotations

import re
from unicodedata import combining, east_asian_width

from markupsafe import Markup, escape

from spine.core.plain_text import ELLIPSIS, one_line

NAMESPACE = "http://www.w3.org/2000/svg"
CHARACTER = 6.7  # width of a letter of 12 pixels, in pixels; a wide one has two
_NOT_XML = re.compile("[\ufffe\uffff]")
_STATE = re.compile(r"[a-z][a-z_]{0,31}")
_ADDRESS = re.compile(r"(?:/(?!/)|[#?]|https?://)", re.IGNORECASE)


def element(name: str, *children: str, **attributes: object) -> Markup:
    """Return an element; an attribute that is None is left out, and `view_box` is written `viewBox`, `class_` `class`.

    Children are escaped unless they are markup.
    """
    written = "".join(f' {_name(key)}="{_value(value)}"' for key, value in attributes.items() if value is not None)
    inside = "".join(child if isinstance(child, Markup) else escape(text(child)) for child in children)
    return Markup(f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>")  # noqa: S704 - escaped


def drawing(width: float, height: float, kind: str, title: str, description: str, *children: Markup) -> Markup:
    """Return a whole drawing, named `title` for a screen reader, with what it shows as `description`."""
    return element(
        "svg",
        element("title", text(title)),
        element("desc", text(description)),
        *children,
        xmlns=NAMESPACE,
        class_=f"chart chart-{kind}",
        view_box=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        role="group",
        aria_label=text(title),
    )


def label(
    x: float, y: float, shown: str, class_: str, *, room: float | None = None, anchor: str | None = None
) -> Markup:
    """Return text at a place, cut to `room` pixels, the whole of it as its tooltip if it was cut."""
    whole = text(shown)
    fitting = whole if room is None else fit(whole, room)
    tip = () if fitting == whole else (element("title", whole),)
    return element("text", *tip, fitting, x=x, y=y, class_=class_, text_anchor=anchor)


def linked(address: str | None, *children: Markup) -> Markup:
    """Return the children as a link, without one as a group.

    An address of another kind than a page, such as `javascript:`, is none.
    """
    if address is None or not _ADDRESS.match(address):
        return element("g", *children)
    return element("a", *children, href=address)


def text(value: object) -> str:
    """Return a value as one line that a browser shows in its order, and XML can hold."""
    return _NOT_XML.sub("", one_line(str(value)))


def fit(shown: str, room: float) -> str:
    """Return what fits into so many pixels of 12-pixel text, cut with an ellipsis."""
    left = room / CHARACTER
    for position, character in enumerate(shown):
        left -= _columns(character)
        if left < -0.01:
            return shown[: max(0, position - 1)].rstrip() + ELLIPSIS
    return shown


def width_of(shown: str) -> float:
    """Return about how many pixels a text of 12 pixels takes."""
    return CHARACTER * sum(_columns(character) for character in shown)


def state_class(status: object) -> str:
    """Return the class of a status, such as `state-not-found`; `state-unknown` for one that cannot be a class."""
    name = str(status or "none").lower()
    return f"state-{name.replace('_', '-')}" if _STATE.fullmatch(name) else "state-unknown"


def number(value: float) -> str:
    """Return a coordinate with one decimal at most."""
    written = f"{value:.1f}".removesuffix(".0")
    return "0" if written == "-0" else written


def _columns(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1


def _name(key: str) -> str:
    return "viewBox" if key == "view_box" else key.rstrip("_").replace("_", "-")


def _value(value: object) -> Markup:
    return escape(number(value) if isinstance(value, (int, float)) else text(value))
