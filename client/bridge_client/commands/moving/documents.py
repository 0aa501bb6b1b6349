"""A conversation as a document: Markdown, JSON, or JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from bridge_client.commands.history import SPEAKERS
from bridge_client.protocol.frames import Frame, objects_in, text_in
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.wording import local_time


def as_markdown(session_id: str, title: str, turns: Sequence[Frame], now: datetime) -> str:
    """What was said, each message below a heading that says who said it, and when."""
    parts = [f"# {one_line(title) or session_id}\n"]
    for turn in turns:
        for said in objects_in(turn, "context"):
            speaker = SPEAKERS.get(text_in(said, "role"), "Unknown")
            model = f" ({one_line(text_in(turn, 'model'))})" if said.get("role") == "assistant" and text_in(turn, "model") else ""
            when = local_time(turn.get("said_at") or turn.get("last_updated"), now)
            parts.append(f"## {speaker}{model}{f' · {when}' if when else ''}\n\n{text_in(said, 'content').strip()}\n")
        if turn.get("truncated") is True:
            parts.append("*(The answer ends early.)*\n")
    return "\n".join(parts)


def as_lines(session: Frame, turns: Sequence[Frame]) -> Iterator[str]:
    """One line for the session, then one for each turn."""
    yield _line({"session": session})
    for turn in turns:
        yield _line({"turn": turn})


def _line(value: Frame) -> str:
    return f"{json.dumps(value, ensure_ascii=True)}\n"
