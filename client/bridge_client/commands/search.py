"""`search`: what was said about something, the best match first."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from rich.text import Text

from bridge_client.commands.client import Client
from bridge_client.commands.history import SPEAKERS
from bridge_client.protocol.frames import Frame, objects_in, session_id_in, text_in
from bridge_client.terminal.console import console_for
from bridge_client.terminal.escape import one_line, visible
from bridge_client.terminal.wording import local_time

STEM = 3
"""Letters that a word and its other forms begin with, at least; of a longer word all but its last two."""
EXCERPT = 400
"""Characters of a passage that a terminal shows, around the first match."""


def search(client: Client, words: str, session_id: str, limit: int, since: float = 0.0) -> Frame:
    """`hits`, and `complete`: False if not everything that was said could be searched. Raises `Failure`."""
    named = {"session_id": session_id} if session_id else {}
    reply = client.request({"action": "search", "words": words, "limit": limit, **named}, "search")
    hits = {(text_in(hit, "turn"), text_in(hit, "role"), text_in(hit, "text")): hit for hit in objects_in(reply, "hits")}
    recent = [hit for hit in hits.values() if not since or (isinstance(at := hit.get("last_updated"), (int, float)) and at >= since)]
    return {"hits": recent, "complete": reply.get("complete") is not False}


def show_hits(client: Client, result: Frame, now: datetime, words: str = "", go_on: Callable[[str], str] | None = None) -> None:
    """The hits, each below a line that says where and when it was said; then how to go on with the best one, as `go_on` says it."""
    hits = objects_in(result, "hits")
    if not hits:
        client.notes.say("Nothing found.")
    if client.output.on_terminal:
        _draw(client, hits, now, words)
    else:
        client.output.show("\n".join(f"{_place(hit, now)}\n{_speaker(hit)}: {text_in(hit, 'text').strip()}\n" for hit in hits))
    if result["complete"] is False:
        client.notes.say("The oldest messages were not searched.")
    if hits and (best := session_id_in(hits[0])):
        client.notes.say_command("To go on:", (go_on or client.hints.ask)(best))


def _draw(client: Client, hits: list[Frame], now: datetime, words: str) -> None:
    """On a terminal: an excerpt of each, with the matches in bold."""
    console = console_for(client.output.stream, client.output.colour)
    pattern = pattern_of(words)
    for hit in hits:
        said = Text(visible(excerpt(text_in(hit, "text").strip(), pattern)))
        if pattern:
            said.highlight_regex(pattern, "bold")
        console.print(Text(_place(hit, now), "dim"))
        console.print(Text.assemble(f"{_speaker(hit)}: ", said))
        console.print()


def excerpt(text: str, pattern: re.Pattern[str] | None) -> str:
    """The text, or what stands around its first match."""
    if len(text) <= EXCERPT:
        return text
    match = pattern.search(text) if pattern else None
    start = max(0, min((match.start() if match else 0) - EXCERPT // 3, len(text) - EXCERPT))
    if start:
        start = text.rfind(" ", 0, start) + 1 or start
    end = start + EXCERPT
    return f"{'… ' if start else ''}{text[start:end].strip()}{' …' if end < len(text) else ''}"


def pattern_of(words: str) -> re.Pattern[str] | None:
    """What matches these words and their usual forms; None where there are none."""
    stems = [re.escape(word[: max(STEM, len(word) - 2)]) for word in re.findall(r"\w+", words)]
    return re.compile(rf"\b(?:{'|'.join(stems)})\w*", re.IGNORECASE) if stems else None


def _place(hit: Frame, now: datetime) -> str:
    parts = (one_line(text_in(hit, "session_id")), one_line(text_in(hit, "title")), local_time(hit.get("last_updated"), now))
    return " · ".join(part for part in parts if part)


def _speaker(hit: Frame) -> str:
    return SPEAKERS.get(text_in(hit, "role"), "Unknown")
