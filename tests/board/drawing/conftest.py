"""Reading of drawings as XML."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from spine_board.drawing.svg import NAMESPACE

_ALLOWED = {
    *("svg", "title", "desc", "g", "a", "text", "rect", "circle", "line", "polyline", "path"),
}


class Drawing:
    """A drawing that was parsed; every one has a title, a description, and nothing that runs or is fetched."""

    def __init__(self, written: str) -> None:
        self.root = ElementTree.fromstring(written)
        assert self.root.tag == f"{{{NAMESPACE}}}svg"
        assert [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in self.root][:2] == ["title", "desc"]
        assert {element.tag.removeprefix(f"{{{NAMESPACE}}}") for element in self.root.iter()} <= _ALLOWED
        for element in self.root.iter():
            assert not any(key == "style" or key.lower().startswith("on") for key in element.attrib)

    def find(self, tag: str, class_: str = "") -> list[ElementTree.Element]:
        """Return the elements of a tag that have all words of `class_`."""
        wanted = set(class_.split())
        found = self.root.iter(f"{{{NAMESPACE}}}{tag}")
        return [element for element in found if wanted <= set(element.get("class", "").split())]

    def texts(self, class_: str = "") -> list[str]:
        """Return what is written, tooltips left out."""
        return ["".join([text.text or "", *(part.tail or "" for part in text)]) for text in self.find("text", class_)]

    def tips(self) -> list[str]:
        """Return the tooltips."""
        return [title.text or "" for title in self.find("title")][1:]

    @property
    def links(self) -> list[str]:
        """The addresses of links, in order."""
        return [link.get("href", "") for link in self.find("a")]


@pytest.fixture(scope="session")
def parse() -> Callable[[str], Drawing]:
    """Return the function that parses and checks a drawing."""
    return Drawing
