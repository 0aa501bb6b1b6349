"""What was said, as a model reads it: dated, quoted line by line, and of bounded length. Pure.

Every line of a quotation begins with "> ", so that nothing within it can end it; and names, which people or other programs chose, are
one line each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from bridge_client.protocol.frames import Frame, integer_in, number_in, objects_in, session_id_in, text_in
from bridge_client.terminal.escape import one_line

HISTORY = 40_000
"""Characters of a history, about 10,000 tokens: beyond that Claude Code warns."""
ROLES = {"user": "the person", "assistant": "Claude"}


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.strip().splitlines()) or ">"


def moment(seconds: object, zone: tzinfo | None = None) -> str:
    """A time of the wire as "2026-11-27 14:05" in the zone (None: this machine's); "an unknown time" for anything else."""
    number = number_in({"at": seconds}, "at")
    if not number:
        return "an unknown time"
    try:
        return f"{datetime.fromtimestamp(number, zone):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return "an unknown time"


def title_of(row: Frame) -> str:
    return json.dumps(one_line(text_in(row, "title")) or "untitled", ensure_ascii=False)


def passages(rows: Iterable[Frame]) -> str:
    """Passages of `recalled`, or hits of `search`, in the order of time, each below a line that says where and when it was said."""
    ordered = sorted(rows, key=_place_in_time)
    return "\n\n".join(f"{_place(row)}\n{quoted(text_in(row, 'text'))}" for row in ordered)


def _place_in_time(row: Frame) -> tuple[float, str, bool, int]:
    return _when(row), text_in(row, "turn"), text_in(row, "role") == "assistant", integer_in(row, "start") or 0


def _place(row: Frame) -> str:
    speaker = ROLES.get(text_in(row, "role"), "somebody")
    title = f" {title_of(row)}" if text_in(row, "title") else ""
    return f"{moment(_when(row) or None)}, {speaker} in session {session_id_in(row)}{title}:"


def _when(row: Frame) -> float:
    return number_in(row, "said_at") or number_in(row, "last_updated") or 0.0


def session_line(row: Frame) -> str:
    """A session of the list."""
    turns = integer_in(row, "turns") or 0
    expiry = row.get("expires_at")
    parts = (
        session_id_in(row),
        title_of(row),
        f"project {one_line(text_in(row, 'project'))}" if text_in(row, "project") else "",
        f"{turns:,} turn{'' if turns == 1 else 's'}",
        f"last used {moment(row.get('last_updated'))}",
        f"kept until {moment(expiry)}" if number_in({"at": expiry}, "at") else "kept until it is deleted",
    )
    return " · ".join(part for part in parts if part)


def turn(row: Frame) -> str:
    """A turn of `history`: who said what, when."""
    parts = [f"Turn {text_in(row, 'turn')}, {moment(row.get('said_at') or row.get('last_updated'))}"]
    for message in objects_in(row, "context"):
        parts += [f"{ROLES.get(text_in(message, 'role'), 'somebody')}:", quoted(text_in(message, "content"))]
    if row.get("truncated") is True:
        parts.append("(The answer ended early.)")
    return "\n".join(parts)


def newest_that_fit(turns: Sequence[str], most: int) -> list[str]:
    """The newest of the turns, oldest first, with at most `most` characters; the newest one always."""
    taken: list[str] = []
    size = 0
    for text in reversed(turns):
        size += len(text) + 2
        if taken and size > most:
            break
        taken.append(text)
    return taken[::-1]
