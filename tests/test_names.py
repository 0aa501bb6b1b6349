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


@pytest.mark.slow
@pytest.mark.parametrize("word", ONE_MEANING)
def test_a_word_that_had_several_meanings_names_nothing_else(word: str) -> None:
    is_a_sentence = re.compile("test_" if word in ("found", "kept") else "$")  # The name of a test may use them as English does.
    names = {name for name in _all_names() if word in _words(name) and not is_a_sentence.match(name)}
    assert names <= ONE_MEANING[word]


@pytest.mark.parametrize("word", ["told", "sought", "octets"])
def test_a_word_that_is_gone_is_in_no_sentence_either(word: str) -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *(ROOT / "docs").glob("*.md")]
    texts = {path: path.read_text() for path in pages} | {path: text for path, text in _sources().items() if _is_shipped(path)}
    quoted = re.compile(r"\b(?:you|I) told (?:me|you)", re.IGNORECASE)  # What a person says, and the stand-in quotes.
    assert [path for path, text in texts.items() if word in text and re.search(rf"\b{word}\b", quoted.sub("", text))] == []


@pytest.mark.parametrize("name", ["a_told_b", "ToldAll", "TOLD", "kept_told"])
def test_a_word_is_recognised_in_every_form(name: str) -> None:
    assert "told" in _words(name)


def _is_shipped(path: Path) -> bool:
    return path.relative_to(ROOT).parts[0] not in ("tests", "benchmarks") and "language" not in path.parts


@cache
def _all_names() -> set[str]:
    # Files in which such a word may be a name are parsed: part of one, assigned to, or looped over.
    forms = ("_{}", "{}_", "{} =", "{}:", "{},", "{}(", "({}", "for {}", "class {}")
    likely = [form.format(word) for word in ONE_MEANING for form in forms]
    return {name for text in _sources().values() if _has(text.lower(), likely) for name in _own_names(text)}


def _has(text: str, likely: list[str]) -> bool:
    return any(form in text for form in likely)


@cache
def _sources() -> dict[Path, str]:
    files = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {path: path.read_text() for path in files}


def _own_names(text: str) -> Iterator[str]:
    """The names that a file gives."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
