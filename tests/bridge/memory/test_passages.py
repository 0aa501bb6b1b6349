"""Cutting what was said into passages."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.memory import blocks
from bridge.memory.passages import MAX_CHARACTERS, MIN_CHARACTERS, WHOLE, pieces, pieces_and_blocks


@settings(deadline=None)
@given(st.text(alphabet="ab .\n,。é漢", max_size=3_000))
def test_passages_are_the_whole_text_in_order(text: str) -> None:
    cut = pieces(text)
    assert "".join(text[start:end] for start, end in cut) == text
    assert all(0 < end - start <= max(WHOLE, MAX_CHARACTERS) for start, end in cut)
    assert all(end - start >= MIN_CHARACTERS for start, end in cut[:-1])


def test_a_short_message_is_one_passage() -> None:
    assert pieces("One. Two.\n\nThree. " * 20) == [(0, 360)]


def test_a_long_one_is_cut_between_paragraphs_lines_sentences_and_words() -> None:
    for boundary in ("\n\n", "\n", ". ", "。", " "):
        text = ("x" * 120 + boundary) * 8
        assert all(text[:end].endswith(boundary) for _, end in pieces(text)[:-1])


def test_a_line_without_spaces_is_cut_where_a_reader_would() -> None:
    for boundary in ("，", "、", "；", "؟", "।", ";", ",", "&", "/"):
        text = ("x" * 120 + boundary) * 8
        assert all(text[:end].endswith(boundary) for _, end in pieces(text)[:-1])


def test_no_character_is_cut_from_its_marks() -> None:
    for sign in ("e\u0301", "👩\u200d🚀", "👍\U0001f3fd", "❤\ufe0f", "न\u094d", "ก\u0e49"):
        for shift in range(len(sign)):
            text = "x" * shift + sign * 600
            assert all((end - shift) % len(sign) == 0 for _, end in pieces(text)[:-1])


def test_text_without_a_boundary_is_cut_all_the_same() -> None:
    assert pieces("x" * 700) == [(0, MAX_CHARACTERS), (MAX_CHARACTERS, 2 * MAX_CHARACTERS), (2 * MAX_CHARACTERS, 700)]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["```\n", "| a | b |\n", "1. one\n", "   set in\n", "\n", "words " * 30, "line\n"]), max_size=60).map("".join)
)
def test_no_passage_holds_a_part_of_a_block(text: str) -> None:
    cut, numbers = pieces_and_blocks(text)
    assert "".join(text[start:end] for start, end in cut) == text
    result = blocks.find(text) if len(text) > WHOLE else []
    assert len(numbers) == len(result)
    last = 0
    for (first, end), (begins, ends) in zip(numbers, result, strict=True):
        assert first >= last
        assert cut[first][0] <= begins < ends <= cut[end - 1][1]
        assert len(text[cut[first][0] : begins]) < MIN_CHARACTERS
        last = end
