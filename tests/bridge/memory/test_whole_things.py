"""Code, tables and lists come back whole, in their newest version, or not at all."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.memory.index import ConversationIndex
from bridge.memory.quoting import lines as lines_of
from bridge.memory.recall import recall
from bridge.memory.window import choose, leaving
from bridge.store.records import Message, Turn
from bridge.turn_ids import turn_id

FUNCTIONS = {"parse_ledger": 24, "merge_intervals": 28, "fetch_invoices": 33, "render_chart": 38, "sync_calendar": 43, "rank_offers": 48}
WORDS = ("row", "total", "amount", "date", "account", "label", "record", "limit", "offset", "batch", "token", "state")


def code(name: str, lines: int, chance: random.Random) -> list[str]:
    body = [
        f"    {chance.choice(WORDS)}_{chance.randrange(99)} = {chance.choice(WORDS)} + {chance.randrange(99)}" for _ in range(lines - 2)
    ]
    return [f"def {name}({chance.choice(WORDS)}):", *body, "    return total"]


def fenced(lines: list[str]) -> str:
    return "```python\n" + "\n".join(lines) + "\n```"


def chat(answers: dict[int, tuple[str, str]], turns: int = 160) -> ConversationIndex:
    """With an assistant that has advice, and now and then code, on the same subjects; `answers` gives some of its turns."""
    chance = random.Random(1)
    index = ConversationIndex()
    for place in range(turns):
        about = chance.choice(WORDS)
        advice = " ".join(f"With logging of the {chance.choice(WORDS)} it helps to begin with the {about}." for _ in range(12))
        reply = fenced(code(f"load_{about}", 30, chance)) + "\nAdd logging where you need it." if place % 3 == 0 else advice
        question, answer = answers.get(place, (f"How do I add logging to the {about}, please?", reply))
        index.add([Turn(turn_id((place + 1) * 1_800_000), (Message("user", question), Message("assistant", answer)), 0)])
    return index


def sent(index: ConversationIndex, message: str, limit: int) -> str:
    gone = leaving(index, limit)
    window = choose(index, message, limit, "Code was written.", gone[-1].id)
    return "\n".join(one.content for one in window.asking(message))


@pytest.mark.parametrize("limit", [8_000, 16_000])
@pytest.mark.parametrize(("name", "lines"), FUNCTIONS.items(), ids=FUNCTIONS.keys())
def test_a_function_that_claude_wrote_comes_back_whole(name: str, lines: int, limit: int) -> None:
    body = code(name, lines, random.Random(lines))
    index = chat({lines: (f"Write {name} in Python.", f"Here is `{name}`:\n\n{fenced(body)}\n\nCall it with the rows.")})
    assert fenced(body) in sent(index, f"Please add logging to {name}.", limit)


@pytest.mark.parametrize("limit", [8_000, 16_000])
def test_of_four_versions_the_newest_comes_back(limit: int) -> None:
    chance = random.Random(2)
    versions = [code("parse_ledger", 36, chance)]
    for _ in range(3):
        changed = chance.sample(range(1, 35), 8)
        versions.append(
            [f"    changed_{place} = {chance.random()}" if place in changed else line for place, line in enumerate(versions[-1])]
        )
    request = "Can you make parse_ledger faster?"
    answers = {20 + 30 * number: (request, f"Here is `parse_ledger`:\n\n{fenced(body)}\n") for number, body in enumerate(versions)}
    text = sent(chat(answers), "Please add logging to parse_ledger.", limit)
    assert [fenced(body) in text for body in versions] == [False, False, False, True]


@pytest.mark.parametrize("limit", [8_000, 16_000])
def test_the_newest_version_comes_back_also_if_it_was_written_from_scratch(limit: int) -> None:
    versions = [code("parse_ledger", 36, random.Random(seed)) for seed in range(4)]
    answers = {20 + 30 * number: ("Rewrite parse_ledger.", f"Here it is:\n\n{fenced(body)}\n") for number, body in enumerate(versions)}
    assert fenced(versions[-1]) in sent(chat(answers), "Please add logging to parse_ledger.", limit)


@pytest.mark.parametrize("limit", [8_000, 16_000])
@pytest.mark.parametrize("name", ["variance", "sort"])
@pytest.mark.parametrize(
    "message", ["Please add logging to {}.", "Can you add logging to {}?", "Ergänze Logging in {}.", "Add logging to the function {}"]
)
def test_a_function_with_a_plain_name_comes_back_whole(message: str, name: str, limit: int) -> None:
    body = code(name, 40, random.Random(5))
    long_answer = "Logging helps, and so does a variance of words. " * 80
    index = chat({20: ("Write it.", f"Here:\n\n{fenced(body)}\n"), 159: ("And what of logging?", long_answer)})
    assert fenced(body) in sent(index, message.format(name), limit)


def test_a_table_and_a_numbered_list_come_back_whole() -> None:
    table = "\n".join(
        ["| wine | year | shelf |", "|---|---|---|", *(f"| wine {number} | {1990 + number} | {number % 7} |" for number in range(25))]
    )
    steps = "\n".join(f"{number}. Do step {number} of the tuning of the piano, as the manual says it." for number in range(1, 15))
    index = chat({30: ("List my wines.", f"Your wines:\n\n{table}\n"), 60: ("How is a piano tuned?", f"Tuning:\n\n{steps}\n\nGood luck.")})
    assert table in sent(index, "Which wines have I got?", 8_000)
    assert steps in sent(index, "What was step 7 of tuning the piano?", 8_000)


def test_what_of_the_newest_answer_was_left_out_comes_back_whole_too() -> None:
    body = code("parse_ledger", 60, random.Random(3))
    index = chat({159: ("Write parse_ledger.", "First some words. " * 40 + "\n\n" + fenced(body) + "\n\n" + "And some more words. " * 40)})
    assert fenced(body) in sent(index, "Does parse_ledger need logging?", 8_000)


blocks = st.tuples(st.sampled_from(["kite", "sail", "rope"]), st.integers(2, 60))


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(blocks, min_size=1, max_size=4), min_size=1, max_size=12), st.integers(500, 9_000))
def test_a_block_is_sent_whole_or_not_at_all(answers: list[list[tuple[str, int]]], room: int) -> None:
    index, written = ConversationIndex(), []
    for place, parts in enumerate(answers):
        bodies = [[f"{word} {number} of answer {place}.{part}" for number in range(lines)] for part, (word, lines) in enumerate(parts)]
        written += bodies
        context = Message("user", "About a kite"), Message("assistant", "\n\nand\n".join(map(fenced, bodies)))
        index.add([Turn(turn_id((place + 1) * 60_000), context, 0)])
    quoted = lines_of(recall(index, "A kite and a rope", room, len(index.turns)))
    for body in written:
        if len(fenced(body)) + 100 <= room // 2:
            assert len({line in quoted for line in body}) == 1
