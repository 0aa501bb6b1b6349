"""`history`: everything that was said in a session, oldest first, each thing once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge_client.commands.client import Client
from bridge_client.failures import Failure
from bridge_client.protocol.frames import PAGE, Frame, integer_in, objects_in, text_in
from bridge_client.terminal.output import Output
from bridge_client.terminal.writers import writer_for

SPEAKERS = {"user": "You", "assistant": "Claude"}

Fetch = Callable[[Frame], Frame]


def history(client: Client, session_id: str, limit: int | None) -> list[Frame]:
    """The newest turns, all or at most `limit`, oldest first. Raises `Failure`."""
    return with_newest_page(client, session_id, limit)[0]


def with_newest_page(client: Client, session_id: str, limit: int | None) -> tuple[list[Frame], Frame]:
    """The same turns, and the reply with the newest of them, which has the session's settings and `expires_at`, too."""
    pages: list[Frame] = []

    def fetch(fields: Frame) -> Frame:
        pages.append(client.request({"action": "history", "session_id": session_id, **fields}, "history"))
        return pages[-1]

    return all_turns(fetch, limit), pages[0]


def all_turns(fetch: Fetch, limit: int | None) -> list[Frame]:
    """Pages back from the newest turn. `fetch` asks for one page and returns the reply."""
    turns: list[Frame] = []
    before = ""
    while limit is None or len(turns) < limit:
        fields: Frame = {"limit": min(PAGE, limit - len(turns)) if limit else PAGE, **({"before": before} if before else {})}
        reply = fetch(fields)
        page = _whole(fetch, fields, objects_in(reply, "turns"))
        turns[:0] = page
        oldest = text_in(page[0], "turn") if page else ""
        # A page that leads no further back is the last one, whatever `more` says.
        if reply.get("more") is not True or not oldest or (before and oldest >= before):
            break
        before = oldest
    return turns if limit is None else turns[-limit:]


def as_text(turn: Frame) -> str:
    """A turn as text."""
    parts = [f"{SPEAKERS.get(text_in(said, 'role'), 'Unknown')}: {text_in(said, 'content')}\n" for said in objects_in(turn, "context")]
    if turn.get("truncated") is True:
        parts.append("(The answer ends early.)\n")
    return "\n".join(parts)


def show_turns(output: Output, turns: Sequence[Frame], *, raw: bool = False) -> None:
    """Writes turns to be read: as text, and on a terminal with the answers' Markdown rendered (unless `raw`)."""
    if not output.on_terminal:
        output.show("\n".join(map(as_text, turns)))
        return
    for number, turn in enumerate(turns):
        output.write("\n" if number else "")
        for said in objects_in(turn, "context"):
            if said.get("role") == "assistant":
                output.say("Claude:\n")
                writer = writer_for(output, raw=raw)
                writer.text(text_in(said, "content"))
                writer.end()
            else:
                output.say(as_text({"context": [said]}) + "\n")
        if turn.get("truncated") is True:
            output.say("(The answer ends early.)\n")


def _whole(fetch: Fetch, fields: Frame, page: list[Frame]) -> list[Frame]:
    """The page; if its only turn was cut, with the rest of that turn."""
    while page and (offset := integer_in(page[-1], "next_offset")) is not None:
        more = objects_in(fetch({**fields, "offset": offset}), "turns")
        if (
            not more
            or text_in(more[-1], "turn") != text_in(page[-1], "turn")
            or (integer_in(more[-1], "next_offset") or offset + 1) <= offset
        ):
            raise Failure("conversation_changed", "The conversation continued meanwhile. Run the same command again.", retryable=True)
        page = [*page[:-1], _joined(page[-1], more[-1])]
    return page


def _joined(first: Frame, rest: Frame) -> Frame:
    """Two parts of one turn: a message that was cut in two is one message."""
    context = objects_in(first, "context")
    for said in objects_in(rest, "context"):
        if context and context[-1].get("role") == said.get("role"):
            context = [*context[:-1], {**said, "content": text_in(context[-1], "content") + text_in(said, "content")}]
        else:
            context.append(said)
    return {**{name: value for name, value in first.items() if name != "next_offset"}, **rest, "context": context}
