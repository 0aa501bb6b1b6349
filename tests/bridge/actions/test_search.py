"""What was said about something: in one session or all, for its owner alone, best first."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.text import encode
from bridge.wire.frames import REPLY_BYTES
from fakes.bridge_bench import Bench
from fakes.scripted_claude import says


def tell(bench: Bench, session_id: str, *pairs: tuple[str, str], owner: str = "default") -> None:
    for question, answer in pairs:
        bench.claude.scripts = [says(answer)]
        bench.claude.requests.clear()
        bench.send({"action": "query", "message": question, "session_id": session_id, "stream": True}, owner=owner)


def searched(bench: Bench, words: str, owner: str = "default", **fields: Any) -> dict[str, Any]:
    bench.send({"action": "search", "words": words, "request_id": "r1", **fields}, to="search", owner=owner)
    return bench.connections.frames("search")[-1]


def test_the_best_hit_of_all_sessions_comes_first(bench: Bench) -> None:
    tell(bench, "s1", ("My kite is red.", "Red is a fine colour for a kite."), ("What of boats?", "Boats float."))
    tell(bench, "s2", ("Who built the tower?", "An engineer called Eiffel."))
    reply = searched(bench, "Mr Eiffel")
    assert (reply["type"], reply["request_id"], reply["complete"]) == ("search", "r1", True)
    first = reply["hits"][0]
    assert (first["session_id"], first["role"], first["text"]) == ("s2", "assistant", "An engineer called Eiffel.")
    turn = bench.store.load("s2", 2).turns[0]
    assert (first["turn"], first["last_updated"]) == (turn.id, turn.last_updated)
    assert {hit["session_id"] for hit in searched(bench, "red kite")["hits"]} == {"s1"}


def test_a_word_is_as_rare_as_it_is_in_all_that_is_searched(bench: Bench) -> None:
    tell(bench, "s1", *((f"Tell me of kite {number}.", f"Kite {number} is blue.") for number in range(20)))
    tell(bench, "s2", ("A kite, please.", "Here is a kite."), ("And a violin?", "Here is a violin."))
    assert searched(bench, "kite violin")["hits"][0]["text"] in ("And a violin?", "Here is a violin.")


def test_one_session_is_searched_alone(bench: Bench) -> None:
    tell(bench, "s1", ("My kite is red.", "Good."))
    tell(bench, "s2", ("My kite is blue.", "Good."))
    assert [hit["text"] for hit in searched(bench, "kite", session_id="s2", limit=1)["hits"]] == ["My kite is blue."]
    assert {hit["session_id"] for hit in searched(bench, "kite", session_id="s2")["hits"]} == {"s2"}


def test_nothing_found_is_no_error(bench: Bench) -> None:
    assert searched(bench, "xyzzy") == {"type": "search", "request_id": "r1", "hits": [], "complete": True}
    tell(bench, "s1", ("My kite is red.", "Good."))
    assert searched(bench, "xyzzy")["hits"] == []


def test_another_owners_sessions_do_not_exist(bench: Bench) -> None:
    tell(bench, "s1", ("My kite is red.", "Good."), owner="ada")
    assert searched(bench, "kite", owner="bob")["hits"] == []
    assert searched(bench, "kite", owner="bob", session_id="s1")["code"] == "no_such_session"
    assert len(searched(bench, "kite", owner="ada")["hits"]) == 1


@pytest.mark.parametrize("words", ["Will", "will lives", "IT", "The Who", "the WHO 🙂", "to be or not to be", "🙂", "العالم", "犬"])
def test_names_that_are_everyday_words_and_signs_are_found(bench: Bench, words: str) -> None:
    said = "My brother Will lives in Bonn, works in IT, likes The Who 🙂 and asks: to be or not to be? بالعالم 犬"
    tell(bench, "s1", ("Do you know my family?", "You said nothing yet."), (said, "He is a man of taste."), ("Thanks.", "Gladly."))
    assert [hit["text"] for hit in searched(bench, words)["hits"]] == [said]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("قابلت أحمد في المدرسة", "احمد"),
        ("الموعد في ٢٣ مايو", "23"),
        ("Ich war in Łódź bei Jürgen", "lodz bei jurgen"),
        ("The pass\u00adword is blue\u200bberry", "password is blueberry"),
        ("Don\u2019t touch the e\u2011mail", "don't touch the e-mail"),
        ("It costs \u2764\ufe0f nothing", "\u2764"),
    ],
)
def test_words_are_found_however_they_are_spelled(bench: Bench, said: str, words: str) -> None:
    tell(bench, "s1", (said, "I see."), ("Now for something else.", "Gladly."))
    assert searched(bench, words)["hits"][0]["text"] == said


def test_what_is_said_word_for_word_comes_first_however_it_is_spelled(bench: Bench) -> None:
    tell(bench, "s1", ("Der Kaffee, le café, was good.", "Yes."), *((f"Good cafe {number}, le bon cafe.", "Yes.") for number in range(5)))
    assert searched(bench, "LE CAFE\u0301, WAS")["hits"][0]["text"] == "Der Kaffee, le café, was good."


def test_what_is_said_word_for_word_comes_first(bench: Bench) -> None:
    tell(bench, "s1", ("The universe is large.", "Yes."), *((f"University {number}, my university.", "Yes.") for number in range(5)))
    assert searched(bench, "universe")["hits"][0]["text"] == "The universe is large."


def test_of_many_names_that_begin_alike_the_one_is_found(bench: Bench) -> None:
    tell(bench, "s1", *((f"Order PX48213{number} lies in drawer {number}.", "Noted.") for number in range(10, 40)))
    assert [hit["text"] for hit in searched(bench, "PX4821323")["hits"]] == ["Order PX4821323 lies in drawer 23."]


def test_hits_have_the_words(bench: Bench) -> None:
    tell(bench, "s1", *((f"Day {number}.", f"Day {number} is over.") for number in range(10)), ("A heron came by.", "Where did it stand?"))
    assert [hit["text"] for hit in searched(bench, "heron")["hits"]] == ["A heron came by."]


def test_what_was_deleted_is_not_found(bench: Bench) -> None:
    tell(bench, "s1", ("My kite is red.", "Good."))
    assert searched(bench, "kite")["hits"]
    bench.send({"action": "delete", "session_id": "s1"})
    assert searched(bench, "kite")["hits"] == []
    assert searched(bench, "kite", session_id="s1")["code"] == "no_such_session"
    tell(bench, "s1", ("My boat is blue.", "Good."))
    assert searched(bench, "kite")["hits"] == []


@pytest.mark.parametrize("words", ["", "   ", None, 5, ["kite"]])
def test_without_words_there_is_nothing_to_look_for(bench: Bench, words: Any) -> None:
    assert searched(bench, words)["code"] == "bad_request"


def test_a_reply_is_one_message_of_bounded_size(bench: Bench) -> None:
    tell(bench, "s1", *((f"kite {number} " + "𝄞" * 450, "kite " + "𝄞" * 450) for number in range(60)))
    reply = searched(bench, "kite", limit=1_000)
    assert 50 < len(reply["hits"]) < 100
    assert len(encode(reply)) <= REPLY_BYTES


def test_reading_for_a_search_is_bounded_and_says_so() -> None:
    bench = Bench(recall_read_kb=8, context_limit=1_000)
    for session in ("s1", "s2", "s3"):
        tell(bench, session, *((f"Kite {number}?", "It flies well. " * 40) for number in range(20)))
    bench.app = bench.another()
    reply = searched(bench, "kite")
    assert reply["complete"] is False
    assert {hit["session_id"] for hit in reply["hits"]} < {"s1", "s2", "s3"}
    assert searched(bench, "kite", session_id="s1")["complete"] is False
    bench.settings = bench.settings._replace(recall_read_kb=100)
    bench.app = bench.another()
    assert searched(bench, "kite")["complete"] is True


def test_each_search_goes_on_where_the_one_before_had_read_enough() -> None:
    bench = Bench(recall_read_kb=32, context_limit=1_000)
    for session in range(6):
        tell(bench, f"s{session}", *(("A xylophone?" if session == 0 else "A kite?", "It sounds well. " * 60) for _ in range(10)))
        bench.ahead += 10
    bench.app = bench.another()
    replies = [searched(bench, "xylophone") for _ in range(4)]
    assert (replies[0]["hits"], replies[0]["complete"]) == ([], False)
    assert ({hit["session_id"] for hit in replies[-1]["hits"]}, replies[-1]["complete"]) == ({"s0"}, True)
