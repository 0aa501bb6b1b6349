"""`why`: what Claude was sent for the last answer, besides the question."""

from __future__ import annotations

from datetime import datetime

from bridge_client.commands.client import Client, with_model
from bridge_client.commands.history import SPEAKERS, all_turns
from bridge_client.failures import Failure
from bridge_client.protocol.frames import Frame, integer_in, object_in, objects_in, text_in
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.wording import local_time, usage

INDENT = 4
"""Cells before the further rows of a text."""
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
EXCERPT = 200
"""Characters of a message that was sent whole."""


def why(client: Client, session_id: str) -> Frame:
    """The last answer of this session: `model`, `usage`, `context`, and the texts that Claude was sent. Raises `Failure`."""
    known = client.known_sessions.get(client.place, session_id) if client.known_sessions else None
    if known is None or not text_in(known.done, "turn"):
        raise Failure("nothing_known", f"No answer in {session_id} was received on this machine.")
    if not object_in(known.done, "context"):
        raise Failure("nothing_known", "That answer was fetched again, and the bridge does not say what was sent for it.")
    done = with_model(client, known.done)
    turn = text_in(done, "turn")
    live = integer_in(object_in(object_in(done, "context"), "live"), "turns") or 0
    fields = {name: done.get(name) for name in ("turn", "model", "usage", "context")}
    return {
        "session_id": session_id,
        **fields,
        "live": _before(client, session_id, turn, live) if live else [],
        "recalled": [passage_of(client, passage, session_id) for passage in objects_in(done, "passages")],
    }


def show_why(client: Client, reasons: Frame, now: datetime) -> None:
    output, context = client.output, object_in(reasons, "context")
    client.notes.say(f"Session {text_in(reasons, 'session_id')} · {usage(reasons)}")
    if live := objects_in(reasons, "live"):
        output.say(f"The newest {len(live)} turn{'s' * (len(live) > 1)}, word for word:\n")
        output.say("".join(_said(turn, now) for turn in live), INDENT)
    standing = _show_passages(client, reasons, "instructions", "Standing instructions of {}:", now)
    recalled = _show_passages(client, reasons, "recalled", "Passages of {}, found by the question:", now)
    if characters := integer_in(object_in(context, "summarised"), "characters"):
        turns = integer_in(object_in(context, "summarised"), "turns")
        output.say(f"A summary of {f'{turns:,} older turns' if turns else 'older turns'}, {characters:,} characters.\n")
    if not (live or standing or recalled or characters):
        output.say("Nothing but the question.\n")


def _show_passages(client: Client, reasons: Frame, part: str, heading: str, now: datetime) -> bool:
    """Shows the passages of this part of the context; says whether there are any."""
    count = integer_in(object_in(object_in(reasons, "context"), part), "turns") or 0
    if not count:
        return False
    client.output.say(heading.format(f"{count} older turn{'s' * (count > 1)}") + "\n")
    passages = [one for one in objects_in(reasons, "recalled") if (one.get("instruction") is True) == (part == "instructions")]
    client.output.say("".join(_passage_line(passage, now) for passage in passages) or "  (This bridge does not say which.)\n", INDENT)
    return True


def _before(client: Client, session_id: str, turn: str, count: int) -> list[Frame]:
    """The turns that stood before this one."""

    def fetch(fields: Frame) -> Frame:
        return client.request({"action": "history", "session_id": session_id, "before": turn, **fields}, "history")

    return all_turns(fetch, count)


def passage_of(client: Client, passage: Frame, session_id: str) -> Frame:
    """A passage with its text, which the bridge has named by its place only."""
    place = text_in(passage, "session_id") or session_id
    turn, start, end = text_in(passage, "turn"), integer_in(passage, "start") or 0, integer_in(passage, "end")
    for earlier in _before(client, place, next_id(turn), 1):
        for said in objects_in(earlier, "context"):
            if text_in(earlier, "turn") == turn and said.get("role") == passage.get("role"):
                return {**passage, "text": text_in(said, "content")[start:end], "last_updated": earlier.get("last_updated")}
    return {**passage, "text": ""}


def next_id(turn: str) -> str:
    """The id after this one, in the order of turns: it is a number in Crockford's base 32 (https://github.com/ulid/spec)."""
    end = turn.rstrip(DIGITS[-1])
    if not end or end[-1] not in DIGITS:
        return turn
    return end[:-1] + DIGITS[DIGITS.index(end[-1]) + 1] + DIGITS[0] * (len(turn) - len(end))


def _said(turn: Frame, now: datetime) -> str:
    when = local_time(turn.get("last_updated"), now)
    return "".join(
        f"  {when} {SPEAKERS.get(text_in(said, 'role'), 'Unknown')}: {_short(text_in(said, 'content'))}\n"
        for said in objects_in(turn, "context")
    )


def _passage_line(passage: Frame, now: datetime) -> str:
    speaker, when = SPEAKERS.get(text_in(passage, "role"), "Unknown"), local_time(passage.get("last_updated"), now)
    return f"  {when} {speaker}: {one_line(text_in(passage, 'text')) or '(deleted meanwhile)'}\n"


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT]}…"
