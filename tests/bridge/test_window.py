"""Which past turns Claude sees: within the limit, and always a legal request."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.records import Message, Turn
from bridge.turn_ids import turn_id
from bridge.window import GAP, choose, legal


def turn(number: int, *contents: str) -> Turn:
    roles = ("user", "assistant")
    return Turn(turn_id(number), tuple(Message(roles[place % 2], content) for place, content in enumerate(contents)), last_updated=0)


messages = st.builds(Message, st.sampled_from(["user", "assistant"]), st.text(alphabet=st.characters(), max_size=60))
turns = st.lists(st.lists(messages, max_size=4).map(tuple), max_size=8).map(
    lambda contexts: [Turn(turn_id(number), context, 0) for number, context in enumerate(contexts)][::-1]
)


@given(turns, st.integers(0, 400))
def test_any_history_gives_a_legal_request_within_the_limit(history: list[Turn], limit: int) -> None:
    window = choose(history, limit)
    assert sum(len(message.content) for message in window.messages) == window.live.characters <= limit
    assert [message.role for message in window.messages] == ["user", "assistant"] * (len(window.messages) // 2)
    for message in window.messages:
        assert message.content.strip()
        message.content.encode()


@given(turns, st.integers(0, 400))
def test_the_newest_turn_that_fits_is_whole(history: list[Turn], limit: int) -> None:
    sendable = [context for one in history if (context := legal(one.context))]
    window = choose(history, limit)
    if sendable and sum(len(message.content) for message in sendable[0]) <= limit:
        assert window.messages[-len(sendable[0]) :] == sendable[0]


def test_newest_turns_first_whole_turns_only() -> None:
    history = [turn(3, "ccc", "CCC"), turn(2, "b" * 50, "B" * 50), turn(1, "a", "A")]
    assert [message.content for message in choose(history, 108).messages] == ["a", "A", "b" * 50, "B" * 50, "ccc", "CCC"]
    window = choose(history, 105)
    assert [message.content for message in window.messages] == ["ccc", "CCC"]
    assert (window.live.characters, window.live.turns) == (6, 1)


def test_a_newest_turn_that_does_not_fit_is_sent_with_its_beginning_and_end() -> None:
    window = choose([turn(1, "question", "begin" + "x" * 500 + "end")], 100)
    question, answer = (message.content for message in window.messages)
    assert question == "question"
    assert answer.startswith("begin")
    assert answer.endswith("end")
    assert GAP in answer
    assert window.live.characters == 100


def test_where_too_little_could_be_read_nothing_is_sent() -> None:
    assert choose([turn(1, "question", "x" * 500)], 20).messages == ()


def test_what_a_stored_turn_may_say() -> None:
    assert legal(turn(1, "q", "a").context) == (Message("user", "q"), Message("assistant", "a"))
    assert legal(turn(1, "q").context) == ()
    assert legal(turn(1, " ", "a").context) == ()
    assert legal(turn(1, "q", "\n").context) == ()
    assert legal((Message("user", "a"), Message("user", "b\ud800"), Message("assistant", "c"), Message("assistant", "d"))) == (
        Message("user", "a\n\nb\ufffd"),
        Message("assistant", "c\n\nd"),
    )
