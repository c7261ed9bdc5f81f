"""Pages of Markdown: their code blocks, and the parts of printed text that differ from run to run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen

_DIFFERENT_EACH_TIME = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d:\d\d)?"), "TIME"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "CLOCK"),
    (re.compile(r"(?<= )[0-9a-f]{8}(?= [A-Z]{6})"), "ID"),  # the end of one, before the status of its run
    (re.compile(r"\+?(?:\d+ min )?\b\d+(?:\.\d+)? s\b"), "DURATION"),
    (re.compile(r" +"), " "),  # what pads a column depends on the width of the others
)


@frozen
class Block:
    """A code block: its language, the paragraph before it, and its text."""

    language: str
    introduction: str
    text: str


def all_blocks(page: str) -> list[Block]:
    """Return the code blocks of a page, in order."""
    found = []
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        before = page[: match.start()].strip().rpartition("\n\n")[2]
        found.append(Block(match[1], " ".join(before.split()), match[2]))
    return found


def blocks(page: str, language: str) -> list[str]:
    """Return the texts of the code blocks of one language."""
    return [block.text for block in all_blocks(page) if block.language == language]


def localized(text: str, here: Mapping[str, str]) -> str:
    """Return a text of a page with what stands here in the place of its hosts, ports and folders."""
    for page, local in here.items():
        text = text.replace(page, local)
    return text


def as_on_page(text: str, here: Mapping[str, str]) -> str:
    """Return what is printed here with the hosts, ports and folders of the page."""
    return localized(text, {local: page for page, local in here.items()})


def alike(text: str) -> list[str]:
    """Return the lines of what is printed, with placeholders for ids, times and durations."""
    for pattern, placeholder in _DIFFERENT_EACH_TIME:
        text = pattern.sub(placeholder, text)
    return [line.strip() for line in text.rstrip().splitlines()]
