"""The last frame of a question: its answer, a replay of it, or an error. Pure."""

from __future__ import annotations

from bridge.errors import BridgeError, Code
from bridge.memory.request import Quoted, Window
from bridge.store.lives import LOADED_TURNS
from bridge.store.records import Head, Turn, session_id_of
from bridge.turn.question import Audience
from bridge.typed import NamedTuple
from bridge.wire.frames import Frame, dollars, error_frame, frame, single_error, single_reply

MAX_PASSAGES = 50
"""Of those that were recalled, in a `done` frame."""


class Ending(NamedTuple):
    """The last frame of a request, for those who stream, and the one message for those who do not."""

    frame: Frame
    single: bytes

    @property
    def is_error(self) -> bool:
        return self.frame.get("type") == "error"

    def by_stand_in(self) -> Ending:
        """Says that a stand-in has answered, not Claude."""
        return self if self.is_error else self._replace(frame={**self.frame, "stand_in": True})


def done(to: Audience, turn: Turn, head: Head, turns: tuple[Turn, ...], window: Window) -> Ending:
    """The answer just given. `turns` are those that were there before it, `head` is the one after it."""
    return _ending(to, turn, head, (turn, *turns), window, duplicate=False)


def replayed(to: Audience, turn: Turn, head: Head, turns: tuple[Turn, ...]) -> Ending:
    """An answer that was stored before. `turns` are all that are there."""
    return _ending(to, turn, head, turns, None, duplicate=True)


def error_ending(to: Audience, error: BridgeError) -> Ending:
    # An internal error always carries an id: it is how its trace is found in the log.
    request_id = to.single_id if error.code is Code.INTERNAL else to.request_id
    return Ending(error_frame(error, request_id, to.session_id), single_error(error, to.session_id, to.single_id))


def _ending(to: Audience, turn: Turn, head: Head, turns: tuple[Turn, ...], window: Window | None, *, duplicate: bool) -> Ending:
    last = frame(
        "done",
        to.request_id,
        session_id=to.session_id,
        turn=turn.id,
        answer=turn.answer,
        stop_reason=turn.stop_reason,
        model=turn.model,
        usage=turn.usage.item(),
        cost_usd=dollars(turn.cost),
        cost_is_estimate=turn.is_estimate,
        context=None if window is None else window.frame(),
        expires_at=head.ttl,
        duplicate=duplicate,
        truncated=turn.truncated,
        passages=None if window is None else [_passage(to.session_id, one) for one in window.passages[:MAX_PASSAGES]],
    )
    length = _context_length(head, turns)
    return Ending(last, single_reply(turn.text, to.session_id, length, to.single_id, truncated=turn.truncated))


def _passage(session_id: str, one: Quoted) -> Frame:
    owner = session_id_of(one.session) if one.session else session_id
    place: Frame = {"session_id": owner, "turn": one.turn, "role": one.role, "start": one.start, "end": one.end}
    return {**place, "instruction": True} if one.instruction else place


def _context_length(head: Head, turns: tuple[Turn, ...]) -> int:
    """How many messages the session holds; counted where all turns are at hand, else as the head estimates."""
    counted = sum(len(turn.context) for turn in turns)
    return counted if len(turns) < LOADED_TURNS else max(counted, 2 * head.turns)
