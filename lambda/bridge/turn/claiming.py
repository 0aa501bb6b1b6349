"""Who answers a request: this invocation, or another one whose answer is waited for and replayed.

What each of several invocations sees that were given the same request (a double click, a client that lost its connection):

    first        claim ── ask ── renew ── renew ── add_turn ── advance ── done
    a duplicate    claim: taken ── turn? no ── ... (once a second) ... ── turn? yes: replay it
    first        claim ── ask ── killed
    a duplicate    claim: taken ── turn? no ── ... ── lease over, turn? no ── take_over ── ask ── add_turn ── ...
    first        claim ── ask ── stalls past its lease ── (add_turn: is there already ── replay it)
    a duplicate    claim: taken ── ... ── take_over ── ask ── add_turn ── ...
    first        claim ── stalls past its lease ── renew: somebody else's (nothing more is asked, stored or said)
    a duplicate    claim: taken ── ... ── take_over ── ask ── add_turn ── ...
    first        claim ── ask ── the store is away for longer than the lease ── renew ── add_turn ── advance ── done
    first        claim ── ask ── killed          a deletion: tombstone ── another question: a new life
    a duplicate    claim: taken ── ... ── lease over, turn? no ── the row's turn lies below the tombstone: session_deleted

A duplicate never leaves its client without a reply: it replays, takes over, or passes on the error of the first.
"""

from __future__ import annotations

from collections.abc import Callable

from bridge.clock import Timing
from bridge.commit.claims import Answered, Claimed, Claims, Taken
from bridge.errors import BridgeError, Code
from bridge.store import lives
from bridge.store.claim_row import Claim
from bridge.store.claims import ClaimState, claim_state, failure
from bridge.store.records import Head
from bridge.typed import Any, NamedTuple, Protocol
from bridge.wire.frames import INTRODUCTION


class NobodyListens(Exception):
    """The client's connection is gone, and another invocation is at work on the answer."""

    def __init__(self) -> None:
        super().__init__("nobody listens")


class Client(Protocol):
    """What claiming tells the client; see `poster.Poster`."""

    @property
    def own_is_gone(self) -> bool: ...

    def say(self, kind: str, **fields: Any) -> None: ...

    def wait_until_said(self, seconds: float) -> None: ...

    def begin(self, answer: str) -> None: ...

    def add(self, text: str) -> None: ...


class Won(NamedTuple):
    """The request is ours. `waited`: it was a duplicate first, and its client already has `accepted`."""

    claimed: Claimed
    waited: bool


class Claiming:
    """Claims one request, or waits for the answer of whoever has it. `pause` waits a while; `time_left` is for how long that may go on."""

    def __init__(
        self, claims: Claims, client: Client, timing: Timing, *, pause: Callable[[float], object], time_left: Callable[[], float]
    ) -> None:
        self._claims = claims
        self._client = client
        self._timing = timing
        self._pause = pause
        self._time_left = time_left
        self._waited = False

    def claim(self) -> Won | Answered:
        """The request, ours; or its answer, made by somebody else and sent. Raises `BridgeError` and `NobodyListens`."""
        while True:
            claimed = self._claims.claim()
            outcome = self._wait(claimed) if isinstance(claimed, Taken) else claimed
            if isinstance(outcome, Claimed):
                return Won(outcome, self._waited)
            if outcome is not None:
                return outcome

    def _wait(self, taken: Taken) -> Claimed | Answered | None:
        """What comes of a request that somebody else has claimed; None when it is free to be claimed (again)."""
        claim, row = taken.claim, taken.row
        while True:
            match claim_state(row, claim.message, self._now(), self._claims.settings.lease_seconds):
                case ClaimState.CONFLICT:
                    raise BridgeError(Code.REQUEST_ID_CONFLICT)
                case ClaimState.FAILED if self._waited:
                    raise failure(row)
                case ClaimState.FREE | ClaimState.FAILED | ClaimState.ABANDONED as state:
                    free = state is ClaimState.FREE
                    replayed = None if free else self._replay(row, count=True)
                    outcome = replayed or self._claims.take_over(claim, row, free=free)
                    if not isinstance(outcome, Claim):
                        return outcome
                    row = outcome
                case ClaimState.RUNNING:
                    answered = self._look_in(row, taken.head)
                    if answered is not None:
                        return answered
                    current = self._claims.store.look(row.hash)
                    if current is None:
                        return None
                    row = current

    def _look_in(self, row: Claim, head: Head | None) -> Answered | None:
        """Waits a while for the answer of the invocation at work. `head` is the session's: a turn that it has buried never comes."""
        if lives.is_buried(row.turn, head, self._now()):
            raise BridgeError(Code.SESSION_DELETED)
        self._join(row)
        answered = self._replay(row)
        if answered is None:
            self._rest()
        return answered

    def _join(self, row: Claim) -> None:
        """Lets the client know, and the invocation at work that there is one more to stream to."""
        if self._waited:
            return
        self._waited = True
        self._accept()
        connection_id = self._claims.request.connection_id
        if connection_id:
            self._client.wait_until_said(
                self._timing.poll_interval
            )  # The invocation at work posts on its own: `accepted` is to come first.
            self._claims.store.follow(row.hash, connection_id)

    def _accept(self) -> None:
        self._client.say("accepted", session_id=self._claims.request.session_id, new=False, duplicate=True, **INTRODUCTION)

    def _rest(self) -> None:
        if self._client.own_is_gone:
            raise NobodyListens
        if self._time_left() <= 0:
            raise BridgeError(Code.STILL_RUNNING)
        self._pause(self._timing.poll_interval)

    def _replay(self, row: Claim, *, count: bool = False) -> Answered | None:
        """The stored answer to this request, if there is one, sent to the client. `count`: see `Claims.answered`."""
        answered = self._claims.answered(row, count=count)
        if answered is not None:
            if not self._waited:
                self._accept()
            self._client.begin(answered.turn.answer)
            self._client.add(answered.turn.text)
        return answered

    def _now(self) -> float:
        return self._claims.clock.now()
