"""The picture in the README is what a terminal shows."""

from __future__ import annotations

import re

import pytest

from system.picture import record, svg
from system.programs import ROOT

CHANGING = (
    (r"chat-[0-9a-f]{12}", "SESSION"),
    (r"\b[A-Z][a-z]{2} \d\d? [A-Z][a-z]{2}\b", "DAY"),
    (r"\b\d\d:\d\d\b", "TIME"),
    (r' textLength="[0-9.]+"', ""),
)


def steady(picture: str) -> str:
    for pattern, name in CHANGING:
        picture = re.sub(pattern, name, picture)
    return picture


@pytest.mark.slow
def test_the_picture_is_what_a_terminal_shows() -> None:
    committed = (ROOT / "docs" / "conversation.svg").read_text()
    [title] = re.findall(r"<title>(.*?)</title>", committed)
    assert steady(svg(record(), title)) == steady(committed)


def test_the_picture_loads_nothing_from_elsewhere() -> None:
    committed = (ROOT / "docs" / "conversation.svg").read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|url\(|href|@import|<script", committed)
