"""What counts as there: whole messages, their characters, pieces of them, by part of the request."""

from __future__ import annotations

from dialogues import Dialogue, Question, Said
from evidence import evidence_in

SAID = "The quick brown fox jumps over the lazy dog and runs away into the dark forest."


def test_a_whole_message_counts_by_every_measure() -> None:
    got = evidence_in([SAID], {"recalled": [f"Me: {SAID}"]}, 1_000)
    assert (got.whole, got.characters, got.touched, got.precision) == (1.0, 1.0, 1.0, len(SAID) / (len(SAID) + 4))


def test_half_a_message_counts_by_its_characters_alone() -> None:
    got = evidence_in([SAID], {"recalled": [SAID[:39] + "…"]}, 1_000)
    assert (got.whole, got.characters, got.touched) == (0.0, 39 / len(SAID), 1.0)


def test_two_pieces_of_a_message_are_added_up() -> None:
    first, last = SAID[:34], SAID[SAID.index("and runs") :]
    got = evidence_in([SAID], {"recalled": [f"{first}… …{last}"]}, 1_000)
    assert (got.whole, got.characters) == (0.0, (len(first) + len(last)) / len(SAID))


def test_a_few_words_in_common_do_not_count() -> None:
    got = evidence_in([SAID], {"recalled": ["The quick brown cow jumps over the fence."]}, 1_000)
    assert (got.whole, got.characters, got.touched, got.precision) == (0.0, 0.0, 0.0, 0.0)


def test_a_piece_does_not_reach_from_one_text_into_the_next() -> None:
    assert evidence_in([SAID], {"live": [SAID[:20], SAID[20:]]}, 1_000).whole == 0.0


def test_pieces_begin_anywhere_in_scripts_without_spaces() -> None:
    said = "我弟弟今年考上了大学他想学的专业是环境工程因为他从小就喜欢河流和森林还有各种各样的小动物"
    assert evidence_in([said], {"recalled": [said[5:]]}, 1_000).characters == (len(said) - 5) / len(said)


def test_a_message_is_found_however_its_lines_are_set() -> None:
    assert evidence_in(["a:\n\nMe: b <summary>"], {"recalled": ["a:\n Me: b &lt;summary>"]}, 1_000).whole == 1.0


def test_the_share_of_several_messages_is_counted() -> None:
    assert evidence_in(["One kite.", "Two kites.", "A boat.", "No."], {"live": ["One kite. A boat."]}, 1_000).whole == 0.5


def test_each_part_of_the_request_is_counted_apart() -> None:
    got = evidence_in(["One kite.", "Two kites."], {"live": ["One kite."], "recalled": ["Two kites. And more."]}, 1_000)
    assert (got.whole, got.precision) == (1.0, 0.5)
    assert {name: tuple(part) for name, part in got.parts.items()} == {"live": (9, 0.5), "recalled": (20, 0.5)}


def test_a_request_over_the_budget_finds_nothing() -> None:
    assert evidence_in(["One kite."], {"live": ["One kite."]}, 9).whole == 1.0
    assert evidence_in(["One kite."], {"live": ["One kite."]}, 8).whole == 0.0


def test_a_part_of_a_message_can_be_enough() -> None:
    said = (Said("1", "user", "A kite. Long ago.", 0), Said("2", "user", "Its string.", 1), Said("3", "user", "Else.", 2))
    question = Question("?", "all", frozenset({"1", "2"}), parts={"1": "A kite."})
    assert Dialogue("one", said, (question,)).wanted(question) == ["A kite.", "Its string."]
