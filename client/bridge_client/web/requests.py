"""What a page can ask for besides an answer: each request does what a command of the client does, and its reply is JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from bridge_client.commands.client import Client
from bridge_client.commands.configuring import configure
from bridge_client.commands.history import all_turns
from bridge_client.commands.moving.exporting import document, session_with
from bridge_client.commands.search import excerpt, pattern_of, search
from bridge_client.commands.why import passage_of
from bridge_client.failures import Failure
from bridge_client.protocol.frames import Frame, integer_in, object_in, objects_in, session_id_in, text_in
from bridge_client.web.bridge import Bridge
from bridge_client.web.pages import Pages
from bridge_client.web.questions import Questions
from bridge_client.web.turns import shown

ROWS, HITS, TURNS, MAX_TURNS, PASSAGES = 50, 30, 20, 100, 50
CHANGES = ("title", "model", "effort", "system", "scope", "keep_hours", "reset")
"""What a page may change of a session."""


class PageServices(NamedTuple):
    """What requests are handled with."""

    bridge: Bridge
    questions: Questions
    pages: Pages
    clock: Callable[[], datetime]


async def sessions(services: PageServices, wanted: Frame) -> Frame:
    """A page of the list, newest first."""
    named = {"cursor": cursor} if (cursor := text_in(wanted, "cursor")) else {}
    reply = await services.bridge.request({"action": "sessions", "limit": ROWS, **named}, "sessions")
    return {"sessions": objects_in(reply, "sessions"), "cursor": text_in(reply, "cursor")}


async def turns(services: PageServices, wanted: Frame) -> Frame:
    """The newest turns of a session, or those before a turn, oldest first; with the session's settings."""
    session_id, before = _session(wanted), text_in(wanted, "before")
    limit = min(MAX_TURNS, max(1, integer_in(wanted, "limit") or TURNS))
    reply: Frame = {}

    def read(client: Client) -> list[Frame]:
        def fetch(fields: Frame) -> Frame:
            frame = {"action": "history", "session_id": session_id, **({"before": before} if before else {}), **fields}
            reply.update(client.request(frame, "history"))
            return reply

        return all_turns(fetch, limit)

    turns = await services.bridge.do(read)
    known = services.bridge.client.known_sessions
    last = known.get(services.bridge.client.place, session_id) if known else None
    done = {text_in(last.done, "turn"): last.done} if last else {}
    return {
        "session_id": session_id,
        "turns": [shown(turn, services.questions.done_of(text_in(turn, "turn")) or done.get(text_in(turn, "turn"))) for turn in turns],
        "more": reply.get("more") is True,
        "settings": object_in(reply, "settings"),
        "expires_at": reply.get("expires_at"),
    }


async def find(services: PageServices, wanted: Frame) -> Frame:
    """Passages with these words, the best first."""
    words = text_in(wanted, "words")
    result = await services.bridge.do(lambda client: search(client, words, "", HITS))
    pattern = pattern_of(words)
    hits = [{**hit, "text": excerpt(text_in(hit, "text").strip(), pattern)} for hit in objects_in(result, "hits")]
    return {"hits": hits, "complete": result["complete"]}


async def change(services: PageServices, wanted: Frame) -> Frame:
    """Changes settings of a session, and returns all of them."""
    session_id = _session(wanted)
    changes = {name: value for name, value in object_in(wanted, "changes").items() if name in CHANGES}
    settings = await services.bridge.do(lambda client: configure(client, session_id, **changes))
    services.pages.tell({"event": "changed", "session_id": session_id})
    return {"settings": settings}


async def delete(services: PageServices, wanted: Frame) -> Frame:
    """Deletes a session; `erased` says whether its text is gone, too."""
    session_id = _session(wanted)
    reply = await services.bridge.request({"action": "delete", "session_id": session_id}, "deleted")
    services.bridge.client.forget_session(session_id)
    services.questions.forget_session(session_id)
    services.pages.tell({"event": "deleted", "session_id": session_id})
    return {"erased": reply.get("erased") is not False}


async def export(services: PageServices, wanted: Frame) -> Frame:
    """The whole session as the text of a file: Markdown, or, with `kind` "jsonl", what `import` takes back."""
    session_id, kind = _session(wanted), "jsonl" if text_in(wanted, "kind") == "jsonl" else "md"
    session = await services.bridge.do(lambda client: session_with(lambda fields: client.request(fields, "history"), session_id))
    title = text_in(object_in(session, "settings"), "title") or text_in(wanted, "title")
    named = {**session, "settings": {**object_in(session, "settings"), "title": title}} if title and kind == "md" else session
    return {"name": f"{session_id}.{kind}", "text": document(named, kind, services.clock())}


async def passages(services: PageServices, wanted: Frame) -> Frame:
    """The texts of passages that Claude was sent, each with the time it was said."""
    session_id, named = _session(wanted), objects_in(wanted, "passages")[:PASSAGES]
    texts = await asyncio.gather(*(_passage(services, session_id, passage) for passage in named))
    return {"passages": texts}


async def _passage(services: PageServices, session_id: str, passage: Frame) -> Frame:
    return await services.bridge.do(lambda client: passage_of(client, passage, session_id))


async def ask(services: PageServices, wanted: Frame) -> Frame:
    if object_in(object_in(wanted, "options"), "settings"):
        await services.bridge.do(lambda client: client.require("settings", "settings of a session"))
    services.questions.ask(wanted)
    return {}


async def stop(services: PageServices, wanted: Frame) -> Frame:
    services.questions.stop(text_in(wanted, "request_id"))
    return {}


async def dismiss(services: PageServices, wanted: Frame) -> Frame:
    services.questions.dismiss(text_in(wanted, "request_id"))
    return {}


def _session(wanted: Frame) -> str:
    if session_id := session_id_in(wanted):
        return session_id
    raise Failure("bad_session_id", "No session is named.")


ACTIONS: Mapping[str, Callable[[PageServices, Frame], Awaitable[Frame]]] = {
    "sessions": sessions,
    "turns": turns,
    "find": find,
    "change": change,
    "delete": delete,
    "export": export,
    "passages": passages,
    "ask": ask,
    "stop": stop,
    "dismiss": dismiss,
}
