"""Claiming a request: one of many gets it, under a turn id that stays the same."""

from __future__ import annotations

import pytest

from bridge.clock import Chance, Clock
from bridge.commit.claims import Answered, Claimed, Claims, Request, Taken
from bridge.commit.storing import commit
from bridge.errors import BridgeError, Code
from bridge.settings import Settings
from bridge.store import lives
from bridge.store.claim_row import Claim
from bridge.store.records import Head, Message, Turn
from fakes.memory_store import MemoryStore

REQUEST = Request("ada", "kites", "r1", "How high?", "invocation-1", "c1")
NOW = 1_750_000_000


class Bridge:
    """A store, and processes that claim the same request in it at `now`."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.settings = Settings(anthropic_api_key="test")
        self.now = float(NOW)

    def claims(self, invocation: str = "invocation-1") -> Claims:
        clock = Clock(lambda: self.now, lambda: self.now)
        return Claims(self.store, REQUEST._replace(invocation=invocation), self.settings, clock, Chance())

    def claimed(self) -> Claimed:
        claimed = self.claims().claim()
        assert isinstance(claimed, Claimed)
        return claimed

    def answer(self, claimed: Claimed) -> Turn:
        context = (Message("user", REQUEST.message), Message("assistant", "High."))
        turn = Turn(claimed.claim.turn, context, int(self.now), ttl=NOW + 10**6, answer="High.")
        life = self.claims().begin_life(claimed)
        commit(self.store, REQUEST.session, REQUEST.owner, life, turn, self.settings.session_ttl)
        return turn

    def delete(self) -> None:
        session = self.store.load(REQUEST.session, 2)
        self.store.begin(REQUEST.session, lives.tombstone(session, self.now), session.head)


@pytest.fixture
def bridge() -> Bridge:
    return Bridge()


def test_of_two_who_claim_a_request_one_gets_it(bridge: Bridge) -> None:
    mine, other = bridge.claimed(), bridge.claims("invocation-2").claim()
    assert isinstance(other, Taken)
    assert (other.row, other.claim.invocation, mine.again) == (mine.claim, "invocation-2", False)
    assert mine.claim.lease_until == NOW + bridge.settings.lease_seconds


def test_a_request_that_is_taken_over_keeps_its_turn(bridge: Bridge) -> None:
    first = bridge.claimed()
    bridge.now += 60
    other = bridge.claims("invocation-2").claim()
    assert isinstance(other, Taken)
    taken = bridge.claims("invocation-2").take_over(other.claim, other.row)
    assert isinstance(taken, Claimed)
    assert (taken.claim.turn, taken.again) == (first.claim.turn, True)


def test_of_two_who_take_over_one_is_first(bridge: Bridge) -> None:
    row = bridge.claimed().claim
    bridge.now += 60
    second, third = (bridge.claims(name).claim() for name in ("invocation-2", "invocation-3"))
    assert isinstance(second, Taken)
    assert isinstance(third, Taken)
    taken = bridge.claims("invocation-2").take_over(second.claim, row)
    assert isinstance(taken, Claimed)
    assert bridge.claims("invocation-3").take_over(third.claim, row) == taken.claim


def test_a_row_that_says_nothing_any_more_gives_a_turn_of_its_own(bridge: Bridge) -> None:
    row = bridge.claimed().claim
    bridge.now += 60
    other = bridge.claims("invocation-2").claim()
    assert isinstance(other, Taken)
    taken = bridge.claims("invocation-2").take_over(other.claim, row, free=True)
    assert isinstance(taken, Claimed)
    assert taken.claim.turn > row.turn


def test_a_request_of_a_session_deleted_meanwhile_is_not_taken_over(bridge: Bridge) -> None:
    claimed = bridge.claimed()
    bridge.claims().begin_life(claimed)
    bridge.delete()
    other = bridge.claims("invocation-2").claim()
    assert isinstance(other, Taken)
    with pytest.raises(BridgeError) as raised:
        bridge.claims("invocation-2").take_over(other.claim, claimed.claim)
    assert raised.value.code is Code.SESSION_DELETED


def test_an_answer_is_there_for_whoever_asks_again(bridge: Bridge) -> None:
    claimed = bridge.claimed()
    assert bridge.claims().answered(claimed.claim) is None
    turn = bridge.answer(claimed)
    answered = bridge.claims("invocation-2").answered(claimed.claim)
    assert isinstance(answered, Answered)
    assert (answered.turn, answered.turns, answered.head.turns) == (turn, (turn,), 1)


def test_a_turn_whose_holder_died_before_it_counted_it_is_counted(bridge: Bridge) -> None:
    claimed = bridge.claimed()
    bridge.claims().begin_life(claimed)
    bridge.store.add_turn(REQUEST.session, Turn(claimed.claim.turn, (Message("user", "How high?"),), NOW, answer="High."))
    answered = bridge.claims("invocation-2").answered(claimed.claim, count=True)
    assert answered is not None
    assert (answered.head.owner, answered.head.turns) == ("ada", 1)


@pytest.mark.parametrize("end", ["deleted", "expired"])
def test_an_answer_of_a_life_that_is_over_is_none(bridge: Bridge, end: str) -> None:
    claimed = bridge.claimed()
    bridge.answer(claimed)
    if end == "deleted":
        bridge.delete()
    else:
        bridge.now += 10**6
    assert bridge.claims().answered(claimed.claim) is None


def test_two_first_questions_begin_one_life(bridge: Bridge) -> None:
    first, other = bridge.claimed(), bridge.claims("invocation-2")._replace(request=REQUEST._replace(request_id="r2")).claim()
    assert isinstance(other, Claimed)
    begun = bridge.claims().begin_life(first)
    assert bridge.claims("invocation-2").begin_life(other) == begun


def test_a_life_that_was_deleted_meanwhile_is_not_begun(bridge: Bridge) -> None:
    claimed = bridge.claimed()
    begun: Head = bridge.claims().begin_life(claimed)
    assert begun.born == claimed.life.born
    bridge.delete()
    with pytest.raises(BridgeError) as raised:
        bridge.claims().begin_life(claimed)
    assert raised.value.code is Code.SESSION_DELETED


def test_without_a_request_id_the_place_in_the_conversation_says_which_request_it_is(bridge: Bridge) -> None:
    def asked() -> Claim:
        result = bridge.claims()._replace(request=REQUEST._replace(request_id="")).claim()
        return result.claim

    first = asked()
    assert asked().hash == first.hash
    bridge.answer(bridge.claimed())
    bridge.now += 1
    assert asked().hash != first.hash
