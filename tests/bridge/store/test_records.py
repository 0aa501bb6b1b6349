"""Items of the tables: what is written is read back, and what others wrote never stops a conversation."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.store.claim_row import Claim
from bridge.store.claims import message_hash, new_session_id, request_hash
from bridge.store.records import Head, Message, Progress, Turn, Usage, session_id_of, session_key
from bridge.store.session_settings import SessionSettings
from bridge.turn_ids import TURN_ID, milliseconds_of, turn_id

values = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.none() | st.text(max_size=3), max_size=2)
names = ["turn", "context", "born", "ttl", "turns", "usage", "hash", "lease_until", "state", "cancel", "title", "owner", "truncated"]


@given(st.dictionaries(st.sampled_from(names), values | st.dictionaries(st.text(max_size=3), values, max_size=2)))
def test_any_item_can_be_read(item: dict[str, Any]) -> None:
    Turn.of(item).item("s")
    Head.of(item).item("s")
    Claim.of(item).item()


def test_records_and_items_are_the_same_thing() -> None:
    turn = Turn("T", (Message("user", "q"), Message("assistant", "a")), 7, "id", "m", "end_turn", True, Usage(1, 2, 3, 4), 9)
    assert Turn.of(turn.item("s")) == turn
    head = Head("B", 7, 8, True, "o", "t", 3, 9, "s", "S", Usage(1, 2, 3, 4))
    assert Head.of(head.item("s")) == head
    claim = Claim("h", "s", "T", "m", "i", 1.5, 9, "failed", "c", "code", 2.5, "S", True)
    assert Claim.of(claim.item()) == claim
    assert Usage(1, 2, 3, 4).plus(Usage(1, 1, 1, 1)) == Usage(2, 3, 4, 5)


def test_what_is_absent_is_not_written() -> None:
    assert set(Head("B", 7).item("s")) == {
        "session_id", "turn", "born", "summary", "summarised_through", "turns", "last_updated", "usage"
    }  # fmt: skip
    assert "ttl" not in Turn("T", (), 7).item("s")


def test_a_head_keeps_what_another_version_has_written() -> None:
    item = {**Head("B", 7).item("s"), "colour": "red", "settings": {"counter": 1, "voice": "deep"}}
    head = Head.of(item)
    assert (head.rest, head.settings.rest) == ({"colour": "red"}, {"voice": "deep"})
    changed = head.counting(Progress("ada", "t", 8, None, None, Usage(), settings=1))
    changed = changed.configured(changed.settings.changed({"title": "Kites"}), 9, (None, None))
    written = changed.with_expiries(None, None).item("s")
    assert written["colour"] == "red"
    assert written["settings"] == {"counter": 2, "voice": "deep", "title": "Kites"}


def test_settings_that_were_never_changed_are_not_written() -> None:
    assert SessionSettings().item() is None
    assert SessionSettings.of(None) == SessionSettings.of({"title": 3, "keep_hours": -1}) == SessionSettings()


def test_a_session_lives_as_long_as_its_settings_say_else_as_the_bridge_says() -> None:
    assert [SessionSettings(keep_hours=hours).period(60) for hours in (None, 0, 0.5)] == [60, None, 1800]
    assert Head("B", 7, ttl=9).period(60) == 60
    assert Head("B", 7, ttl=None).period(60) is None  # As the bridge said when it began.


def test_keys_of_sessions() -> None:
    assert session_key("default", "s1") == "s1"
    assert session_key("ada", "s1") == "ada/s1"
    assert session_id_of("ada/s1") == session_id_of("s1") == "s1"


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_turn_ids_sort_by_time_and_before_the_head(first: int, second: int, one: bytes, other: bytes) -> None:
    a, b = turn_id(first, one), turn_id(second, other)
    assert TURN_ID.fullmatch(a)
    assert milliseconds_of(a) == first
    assert (a < b) == ((first, one) < (second, other))
    assert a < "~head"


def test_what_is_no_turn_id_has_no_time() -> None:
    assert milliseconds_of("~head") == milliseconds_of("") == 0


def test_requests_are_the_same_by_id_or_by_place_and_text() -> None:
    assert request_hash("o", "s", "r", "", "a") == request_hash("o", "s", "r", "T", "b")
    assert request_hash("o", "s", "", "T", "a") != request_hash("o", "s", "", "U", "a")
    assert request_hash("o", "s", "", "T", "a") != request_hash("p", "s", "", "T", "a")
    assert len(message_hash("\ud800")) == 32
    assert new_session_id("o", "r", "m", "x") == new_session_id("o", "r", "m", "y")
    assert new_session_id("o", "", "m", "x") != new_session_id("o", "", "m", "y")
