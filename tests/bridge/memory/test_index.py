"""What was said, indexed for search."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.memory.blocks import BlockIndex
from bridge.memory.cues import SearchTerms
from bridge.memory.index import OPENING, PAUSE_MILLISECONDS, ConversationIndex
from bridge.memory.scoring import scores
from bridge.store.records import Message, Turn
from bridge.turn_ids import turn_id

CODE = "```\nlines_of_code()\nanother_line()\n```\n" * 9
texts = st.one_of(st.text(alphabet="abc AB.é猫\n", max_size=40), st.sampled_from([CODE + "one", CODE + "two", "text. " * 90 + CODE]))
turns = st.lists(st.tuples(texts, texts), max_size=8).map(
    lambda pairs: [
        Turn(turn_id(number * 2_000_000), (Message("user", question), Message("assistant", answer)), 0)
        for number, (question, answer) in enumerate(pairs)
    ]
)


def everything(past: ConversationIndex) -> dict[str, object]:
    return {name: vars(value) if isinstance(value, BlockIndex) else value for name, value in vars(past).items()}


@pytest.mark.slow
@settings(deadline=None)
@given(turns, st.randoms(use_true_random=False), st.integers(1, 4))
def test_in_whatever_order_turns_come_the_past_is_the_same(said: list[Turn], random: object, step: int) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    past = ConversationIndex()
    for place in range(0, len(shuffled), step):
        past.add(shuffled[place : place + step])
        past.add(shuffled[:place])
    assert everything(past) == everything(ConversationIndex(said))
    assert scores(past, SearchTerms.of("abc 猫")) == scores(ConversationIndex(said), SearchTerms.of("abc 猫"))


@pytest.mark.slow
@settings(deadline=None)
@given(turns)
def test_every_word_lies_in_one_passage(said: list[Turn]) -> None:
    past = ConversationIndex(said)
    for message, content in ((turn.id + message.role, message.content) for turn in said for message in turn.context):
        passages = [passage.text for passage in past.passages if passage.turn + passage.role == message]
        assert "".join(passages) == (content if content.strip() else "")


@pytest.mark.parametrize("said", [("gooseberry", "fine"), ("fine", "gooseberry")])
def test_what_is_said_after_a_pause_stands_less_near(said: tuple[str, str]) -> None:
    def nearness(milliseconds: int) -> float:
        turns = [Turn(turn_id(at), (Message("user", text),), 0) for at, text in zip((1, 1 + milliseconds), said, strict=True)]
        return min(scores(ConversationIndex(turns), SearchTerms.of("gooseberry")))

    assert 0 < nearness(PAUSE_MILLISECONDS) < nearness(PAUSE_MILLISECONDS - 1)


def chat(*lengths: tuple[int, int]) -> ConversationIndex:
    return ConversationIndex(
        Turn(turn_id(number), (Message("user", "q" * asked), Message("assistant", "a" * answered)), 0)
        for number, (asked, answered) in enumerate(lengths)
    )


@pytest.mark.parametrize(
    ("lengths", "contrast"),
    [
        ([(100, 100)] * 9, 0.0),
        ([(100, 50)] * 9, 0.0),
        ([(100, 200)] * 9, 1 / 3),
        ([(100, 800)] * 9, 1.0),
        ([(10, 8_000)] * 9, 1.0),
        ([(100, 800)] * 3, 0.0),
        ([(100, 800)] * 4 + [(5_000, 0)] * 5, 1.0),
    ],
    ids=["alike", "shorter", "twice", "eight times", "more", "few turns", "unanswered"],
)
def test_how_unlike_the_two_sides_write(lengths: list[tuple[int, int]], contrast: float) -> None:
    past = chat(*lengths)
    assert past.contrast(len(past.turns)) == pytest.approx(contrast)


def test_how_they_wrote_up_to_a_turn_stays_the_same_whatever_comes_later() -> None:
    past = chat(*[(100, 400)] * 6)
    before = past.contrast(5)
    past.add([Turn(turn_id(99), (Message("user", "q" * 9_000), Message("assistant", "a")), 0)])
    assert past.contrast(5) == before == pytest.approx(2 / 3)


def test_a_message_of_the_person_is_one_passage_where_an_answer_is_several() -> None:
    text = "One sentence of forty characters, a dot. " * 30
    past = ConversationIndex([Turn(turn_id(1), (Message("user", text), Message("assistant", text)), 0)])
    roles = [passage.role for passage in past.passages]
    assert roles.count("user") == 1
    assert roles.count("assistant") > 3


def test_the_message_that_begins_a_sitting() -> None:
    times = [1, 2, PAUSE_MILLISECONDS + 3, PAUSE_MILLISECONDS + 4]
    past = ConversationIndex(Turn(turn_id(at), (Message("user", "q"), Message("assistant", "a")), 0) for at in times)
    assert [place for place, voice in enumerate(past.voices) if voice == OPENING] == [0, 4]


def test_the_place_after_a_turn() -> None:
    past = ConversationIndex(Turn(turn_id(number), (Message("user", "q"), Message("assistant", "a")), 0) for number in (10, 20, 30))
    assert [past.place_after(turn) for turn in ("", turn_id(10), turn_id(15), turn_id(30), turn_id(99))] == [0, 1, 1, 3, 3]
    assert [past.first_passage(turn) for turn in (0, 1, 3)] == [0, 2, 6]
