"""`search`: what was said about something, the best match first."""

from __future__ import annotations

from datetime import datetime

from bridge_client.commands.client import Client
from bridge_client.commands.history import SPEAKERS
from bridge_client.protocol.frames import Frame, objects_in, text_in
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.wording import local_time


def search(client: Client, words: str, session_id: str, limit: int) -> Frame:
    """`hits`, and `complete`: False if not everything that was said could be searched. Raises `Failure`."""
    named = {"session_id": session_id} if session_id else {}
    reply = client.request({"action": "search", "words": words, "limit": limit, **named}, "search")
    return {"hits": objects_in(reply, "hits"), "complete": reply.get("complete") is not False}


def show_hits(client: Client, result: Frame, now: datetime) -> None:
    """The hits, each below a line that says where and when it was said."""
    hits = objects_in(result, "hits")
    if not hits:
        client.notes.say("Nothing found.")
    client.output.show("\n".join(_as_text(hit, now) for hit in hits))
    if result["complete"] is False:
        client.notes.say("The oldest messages were not searched.")


def _as_text(hit: Frame, now: datetime) -> str:
    speaker = SPEAKERS.get(text_in(hit, "role"), "Unknown")
    place = " · ".join(part for part in (one_line(text_in(hit, "session_id")), local_time(hit.get("last_updated"), now)) if part)
    return f"{place}\n{speaker}: {text_in(hit, 'text').strip()}\n"
