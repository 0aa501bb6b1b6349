"""Cutting what was said into passages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.memory import blocks, passages
from bridge.memory.passages import MAX_CHARACTERS, MIN_CHARACTERS, WHOLE, Fading, pieces, pieces_and_blocks


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


SHARES = st.sampled_from((0.2, 0.5, 0.7, 0.9))


PLACES = st.lists(st.tuples(st.integers(0, 2), SHARES, SHARES), min_size=1, max_size=30)


@given(PLACES, st.sampled_from((0.01, 0.2, 0.6, 3.0)))
def test_a_term_counts_the_same_to_the_last_bit_whichever_way_it_is_followed(there: list[tuple[int, float, float]], faint: float) -> None:
    counts, later, earlier = (list(column) for column in zip(*there, strict=True))
    own, norms = {place: count for place, count in enumerate(counts) if count}, [1.5 + place for place in range(len(counts))]
    ways = []
    for dense in (0, len(counts) + 1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(passages, "DENSE", dense)
            values = [0.1] * len(counts)
            ways.append((Fading(later, earlier).spread(values, own, 3.3, norms, faint), values))
    assert ways[0] == ways[1]


@given(PLACES, st.sampled_from((0.01, 0.2, 0.6)))
def test_a_term_fades_both_ways_and_is_added_up_where_it_comes_from_both(places: list[tuple[int, float, float]], faint: float) -> None:
    counts, later, earlier = (list(column) for column in zip(*places, strict=True))
    there = [float(count) for count in counts]
    reached = {place for place, count in enumerate(counts) if count}
    for left, step in ((later, 1), (earlier, -1)):
        carried = 0.0
        for place in range(len(counts))[::step]:
            if not counts[place] and carried <= faint:
                carried = 0.0
            there[place] += carried
            reached |= {place} if carried else set()
            carried = (carried + counts[place]) * left[place]
    values = [1.0] * len(counts)
    own = {place: count for place, count in enumerate(counts) if count}
    assert Fading(later, earlier).spread(values, own, 3.0, [1.5] * len(counts), faint) == len(reached)
    assert values == [1.0 + 3.0 * count / (count + 1.5) if count else 1.0 for count in there]
