"""Parts of a page that tests ask for: its links, headings, ids and labels."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

_VOID = {"meta", "link", "input", "br", "hr", "img", "progress"}


class Html(HTMLParser):
    """A page, read once."""

    def __init__(self, text: str, location: str = "/") -> None:
        super().__init__()
        self._location = location
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.unlabelled: list[str] = []
        self.labelled_for: set[str] = set()
        self.tags: list[str] = []
        self._labels = 0
        self._inputs: list[tuple[str, bool, str]] = []
        self.feed(text)
        self.unlabelled = [
            name for name, inside, id_ in self._inputs if not inside and (not id_ or id_ not in self.labelled_for)
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a" and given.get("href", "").startswith(("/", "?", "#")):
            self.links.append(_without_fragment(urljoin(self._location, given["href"])))
        if tag == "h1":
            self.headings.append(tag)
        if tag == "form":
            self.forms.append(given)
        if tag == "label":
            self._labels += 1
            self.labelled_for.add(given.get("for", ""))
        if tag in ("input", "select", "textarea") and given.get("type") != "hidden":
            self._inputs.append((given.get("name", ""), self._labels > 0, given.get("id", "")))

    def handle_endtag(self, tag: str) -> None:
        """Note the end of an element."""
        if tag == "label":
            self._labels -= 1


def _without_fragment(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
