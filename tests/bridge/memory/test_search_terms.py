"""What a question looks for."""

from __future__ import annotations

import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.memory.cues import MAX_READ, SearchTerms
from bridge.memory.index import ConversationIndex
from bridge.memory.recall import recall
from bridge.memory.terms import terms, words
from bridge.store.records import Message, Turn
from bridge.turn_ids import turn_id


@settings(deadline=None)
@given(st.text(st.characters(), max_size=200))
def test_of_a_short_message_all_is_looked_for(text: str) -> None:
    query = SearchTerms.of(text)
    assert query.text == text
    assert query.words == set(words(text))
    assert [term for term, times in query.terms.items() for _ in range(times)] == sorted(terms(text), key=list(query.terms).index)


def test_few_characters_that_stand_alone_are_looked_for() -> None:
    assert SearchTerms.of("犬は? 강아지 이름이 뭐야 猫 犬 집 ABC é 漢字").single_characters == ("犬", "猫", "집")
    assert SearchTerms.of("の".join("一二三四五六")).single_characters == tuple("一二三四")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What is the job of Kasimir?", {"kasimi"}),
        ("Does Zoë know Ångström, Élodie or Дмитрий?", {"zoe", "angstr", "elodi", "дмитр", "aangst"}),
        ("Where did I live. Who knows?", set()),
        ("Is it AI", set()),
        ("家はどこ", set()),
    ],
)
def test_words_within_a_sentence_that_begin_with_a_capital_letter_are_names(text: str, names: set[str]) -> None:
    assert SearchTerms.of(text).names == names


def test_of_a_very_long_message_beginning_and_end_are_looked_for() -> None:
    query = SearchTerms.of("What was the gooseberry? " + "middle " * MAX_READ + "Or the raspberry?")
    assert {"gooseberry", "raspberry"} <= query.words
    assert len(query.text) <= MAX_READ + 1


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301" * 32_500 + "\u0327" * 32_500,
        "\ufdfa " * 32_500,
        "parseConfigFile" * 8_700,
        "犬の名前" * 10_800,
        "in 1 of " * 16_000,
        "may" + " " * 130_000,
    ],
    ids=["accents", "ligatures", "humps", "unspaced", "almost dates", "spaces"],
)
def test_any_message_is_read_in_a_moment(text: str) -> None:
    past = ConversationIndex(
        [Turn(turn_id(1_000_000), (Message("user", "My dog is called Rex."), Message("assistant", "A fine name.")), 0)]
    )
    seconds = []
    for _ in range(3):
        begun = time.process_time()
        recall(past, text, 1_000, 1)
        seconds.append(time.process_time() - begun)
    assert min(seconds) < 0.5 * (4 if sys.gettrace() else 1)  # Measuring coverage takes most of the time.
