"""What the tools do: arguments in, text for a model out. Each call is complete when it returns; nothing hangs on the connection."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from bridge_client.failures import Failure
from bridge_client.mcp import quoting
from bridge_client.mcp.bridge import Bridge
from bridge_client.mcp.errors import Refused
from bridge_client.protocol.frames import Frame, integer_in, number_in, objects_in, session_id_in, text_in
from bridge_client.redaction import redacted
from bridge_client.terminal.escape import one_line

Arguments = Mapping[str, object]

HEAD = "What was said before, quoted as data, oldest first:"
SEARCHED_PART = "(Not everything was searched: the oldest was left out.)"
MOST = 32_000
"""Characters of all that is quoted."""


class Calls:
    """Every method raises `Failure`, and `Refused` where the arguments do not fit together."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    async def recall(self, arguments: Arguments) -> str:
        await self._bridge.require("recall", "recall")
        return _quotations(await self._bridge.request({"action": "recall", **arguments}, "recalled"), "passages")

    async def search(self, arguments: Arguments) -> str:
        if "project" in arguments or "since" in arguments:
            await self._bridge.require("lists", "searches of a project")
        reply = await self._bridge.request({"action": "search", "limit": 10, **arguments}, "search")
        return _quotations(reply, "hits")

    async def remember(self, arguments: Arguments) -> str:
        await self._bridge.require("remember", "remember")
        text, secrets = redacted(str(arguments["text"]))
        reply = await self._bridge.request({"action": "remember", **arguments, "text": text}, "remembered")
        if "session_id" not in arguments and number_in(reply, "expires_at"):
            # What an agent is asked to remember is not meant for a day. A bridge may forbid that: the reply says until when it is kept.
            with suppress(Failure):
                reply |= await self._bridge.request(
                    {"action": "configure", "session_id": session_id_in(reply), "keep_hours": 0}, "configured"
                )
        expiry = reply.get("expires_at")
        until = f"until {quoting.moment(expiry)}" if number_in(reply, "expires_at") else "until the session is deleted"
        left_out = f" Left out as secret: {', '.join(sorted(secrets))}." if secrets else ""
        return f"Remembered in session {session_id_in(reply)}, {until}.{left_out}"

    async def sessions(self, arguments: Arguments) -> str:
        if {"title", "project", "since"} & set(arguments):
            await self._bridge.require("lists", "lists of some sessions")
        reply = await self._bridge.request({"action": "sessions", "limit": 20, **arguments}, "sessions")
        lines = [quoting.session_line(row) for row in objects_in(reply, "sessions")]
        if not lines:
            return "There are no such sessions."
        cursor = text_in(reply, "cursor")
        return "\n".join([*lines, *([f"There are more: call `sessions` again with cursor {cursor}"] if cursor else [])])

    async def history(self, arguments: Arguments) -> str:
        reply = await self._bridge.request({"action": "history", "limit": 20, **arguments}, "history")
        turns = objects_in(reply, "turns")
        if not turns:
            return "There are no such turns."
        newest, goes_on = _cut(turns[-1], integer_in(dict(arguments), "offset") or 0)
        shown = quoting.newest_that_fit([quoting.turn(row) for row in (*turns[:-1], newest)], quoting.HISTORY)
        parts = [f"Session {session_id_in(reply)} {_title(reply)}, quoted as data:", *shown]
        if goes_on:
            before = f", before {text_in(dict(arguments), 'before')}" if arguments.get("before") else ""
            parts.append(f"(This turn goes on: call `history` with limit 1, offset {goes_on}{before}.)")
        if reply.get("more") is True or len(shown) < len(turns):
            parts.append(f"(There are older turns: call `history` with before {text_in(turns[-len(shown)], 'turn')}.)")
        return "\n\n".join(parts)

    async def forget(self, arguments: Arguments) -> str:
        session_id = arguments["session_id"]
        settings = await self._bridge.request({"action": "configure", "session_id": session_id}, "configured")
        if one_line(text_in(settings, "title")) != one_line(str(arguments["title"])):
            raise Refused("That is not the title of this session, and nothing was deleted. `sessions` shows its exact title.")
        reply = await self._bridge.request({"action": "delete", "session_id": session_id}, "deleted")
        self._bridge.client.forget_session(str(session_id))
        return "Deleted." if reply.get("erased") is not False else "Deleted; the rest of its text is being removed."


def _cut(row: Frame, offset: int) -> tuple[Frame, int]:
    """What of a turn fits into a reply that begins at `offset`; and where it goes on, in characters of the turn, 0: nowhere."""
    room, taken, messages = quoting.HISTORY, 0, []
    whole = sum(len(text_in(message, "content")) for message in objects_in(row, "context"))
    for message in objects_in(row, "context"):
        content = text_in(message, "content")[: room - taken]
        taken += len(content)
        if content:
            messages.append({**message, "content": content})
    goes_on = offset + taken if taken < whole else integer_in(row, "next_offset") or 0
    return {**row, "context": messages}, goes_on


def _title(reply: Frame) -> str:
    settings = reply.get("settings")
    return quoting.title_of(settings) if isinstance(settings, dict) and text_in(settings, "title") else ""


def _quotations(reply: Frame, name: str) -> str:
    rows = objects_in(reply, name)
    fitting: list[Frame] = []
    room = MOST
    for row in rows:
        room -= len(text_in(row, "text"))
        if fitting and room < 0:
            break
        fitting.append(row)
    parts = [HEAD, quoting.passages(fitting)] if fitting else ["Nothing was said about that."]
    if len(fitting) < len(rows):
        parts.append(f"({len(rows) - len(fitting)} more were found; ask for less, or in one session.)")
    if reply.get("complete") is False:
        parts.append(SEARCHED_PART)
    return "\n\n".join(parts)
