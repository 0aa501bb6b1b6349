"""Names in code: words that had several meanings stay out of them, or keep the one that they have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("benchmarks", "client", "deploy", "lambda", "local", "tests")
ONE_MEANING = {
    "told": set[str](),
    "found": {"NOT_FOUND", "_not_found"},  # HTTP's words, and the Messages API's.
    "sought": set[str](),
    "kept": {"KEPT", "kept_until"},  # Not deleted; of a session, until when.
    "octets": set[str](),
}
"""What each word may name. In prose `found` is the past of find, and `kept` is said of what is stored for a time."""


@pytest.mark.parametrize("word", ONE_MEANING)
def test_a_word_of_several_meanings_names_nothing_else(word: str) -> None:
    assert {name for name in _all_names() if word in _words(name)} <= ONE_MEANING[word]


@pytest.mark.parametrize("name", ["a_told_b", "ToldAll", "TOLD", "kept_told"])
def test_a_word_is_recognised_in_every_form(name: str) -> None:
    assert "told" in _words(name)


@cache
def _all_names() -> set[str]:
    any_word = re.compile("|".join(ONE_MEANING), re.IGNORECASE)
    texts = (path.read_text() for path in _files())
    return {name for text in texts if any_word.search(text) for name in _own_names(text)}


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "build" not in path.parts)


def _own_names(text: str) -> Iterator[str]:
    """The names that a file gives. The name of a test is a sentence, and left out."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if not name.startswith("test_"):
                    yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
