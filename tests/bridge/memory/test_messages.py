"""What of a stored turn is sent again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.memory.messages import GAP, legal, shortened, size
from bridge.store.records import Message

contexts = st.lists(st.builds(Message, st.sampled_from(["user", "assistant"]), st.text(st.characters(), max_size=60)), max_size=5)


@settings(deadline=None)
@given(contexts)
def test_what_is_sent_alternates_from_a_question_to_an_answer(context: list[Message]) -> None:
    messages = legal(context)
    assert [message.role for message in messages] == ["user", "assistant"] * (len(messages) // 2)
    for message in messages:
        assert message.content.strip()
        message.content.encode()


@settings(deadline=None)
@given(contexts, st.integers(0, 200))
def test_a_shortened_turn_fits_and_keeps_its_messages(context: list[Message], room: int) -> None:
    messages = legal(context)
    short = shortened(messages, room)
    assert size(short) <= room
    assert not short or [message.role for message in short] == [message.role for message in messages]


def test_what_a_stored_turn_may_say() -> None:
    question, answer = Message("user", "q"), Message("assistant", "a")
    assert legal((question, answer)) == (question, answer)
    assert legal((question,)) == ()
    assert legal((Message("user", " "), answer)) == ()
    assert legal((question, Message("assistant", "\n"))) == ()
    assert legal((Message("user", "a"), Message("user", "b\ud800"), Message("assistant", "c"), Message("assistant", "d"))) == (
        Message("user", "a\n\nb\ufffd"),
        Message("assistant", "c\n\nd"),
    )


def test_a_shortened_turn_has_its_beginning_and_end() -> None:
    question, answer = shortened((Message("user", "question"), Message("assistant", "begin" + "x" * 500 + "end")), 100)
    assert question.content == "question"
    assert answer.content.startswith("begin")
    assert answer.content.endswith("end")
    assert GAP in answer.content
    assert size((question, answer)) == 100


def test_where_too_little_could_be_read_nothing_is_sent() -> None:
    assert shortened((Message("user", "question"), Message("assistant", "x" * 500)), 20) == ()
