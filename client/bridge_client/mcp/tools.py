"""The tools as they are announced: names, descriptions, and schemas of their arguments, which are named as on the wire. Pure."""

from __future__ import annotations

from typing import NamedTuple

from bridge_client.mcp.arguments import Schema

SESSION_PATTERN = r"^[A-Za-z0-9._-]{1,128}\Z"
HOOKS = "Called by the plugin's hooks, once for each prompt. Not for you: it refuses any other call."


class Tool(NamedTuple):
    """`reads`: it changes nothing. `destroys`: what it changes cannot be had back. `repeats`: a second call changes nothing more.

    `outside`: it reaches Claude, who is not part of the bridge.
    """

    name: str
    title: str
    description: str
    schema: Schema
    reads: bool = False
    destroys: bool = False
    repeats: bool = False
    outside: bool = False


def _text(description: str, **more: object) -> Schema:
    return {"type": "string", "description": description, **more}


def _count(description: str, most: int, default: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default, "description": description}


def _arguments(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _session(description: str) -> Schema:
    return _text(description, pattern=SESSION_PATTERN)


_PROJECT = _text("Only sessions of this project, named exactly as `sessions` shows it.", maxLength=200)
_SINCE: Schema = {"type": "number", "minimum": 0, "description": "Only what was used then or later: seconds since the epoch."}

TOOLS = (
    Tool(
        "recall",
        "Recall what was said",
        "Finds what was said before about a subject, in all past conversations of this person: decisions, facts, preferences, code. "
        'Call it first when the person refers to something you do not see here ("as we agreed", "the bug from last week", "my usual '
        'setup"), or before you answer what an earlier conversation may have settled. Returns dated quotations, oldest first; where two '
        "disagree the later one holds. Claude is not asked and nothing is changed.",
        _arguments(
            ("message",),
            message=_text("The question or subject, in the words that were probably used then.", minLength=1),
            session_id=_session("Only this session."),
            without=_session("Leave this session out."),
            project=_PROJECT,
            limit=_count("The most characters of quotations.", 32_000, 8_000),
            least={
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "default": 0,
                "description": "How much of the message a passage must hold, from 0 (anything that fits) to 1.",
            },
        ),
        reads=True,
        repeats=True,
    ),
    Tool(
        "search",
        "Search for words",
        "Lists the passages in which certain words were said, best first, with their sessions. Use it for a name, an identifier or an "
        "exact term; use `recall` for a subject.",
        _arguments(
            ("words",),
            words=_text("The words, separated by spaces.", minLength=1),
            session_id=_session("Only this session."),
            project=_PROJECT,
            since=_SINCE,
            limit=_count("The most passages.", 50, 10),
        ),
        reads=True,
        repeats=True,
    ),
    Tool(
        "remember",
        "Remember a fact",
        "Stores something for later conversations, word for word: a decision, a preference, a fact. Write it so that it can be understood "
        "on its own, with names and the reason. Only what the person wants to be remembered; keys and passwords are taken out.",
        _arguments(
            ("text",),
            text=_text("What is to be remembered.", minLength=1),
            session_id=_session("The session to add it to, which may be a new one; without it a new session begins."),
        ),
    ),
    Tool(
        "ask",
        "Ask Claude",
        "Asks Claude, another model instance with its own memory of this session, and returns the answer. Write `message` as the person "
        'would have typed it ("Help me understand ..."), with all that is needed to answer: Claude sees neither this conversation nor '
        "your files. Without `session_id` a new session begins; the answer's last line names it, and with it Claude remembers what was "
        "said there. It costs money and takes from seconds to minutes.",
        _arguments(
            ("message",),
            message=_text("The question.", minLength=1),
            session_id=_session("The session to go on with, or a name for a new one."),
            model=_text("The model that answers; leave it out for the usual one.", maxLength=200),
            effort=_text("How hard the model thinks.", enum=["low", "medium", "high", "xhigh", "max"]),
            max_tokens={"type": "integer", "minimum": 1, "description": "The longest answer, in tokens."},
            system=_text("Instructions for this answer alone.", maxLength=4_000),
            scope=_text(
                "Whether Claude is reminded of this `session`, of `all` sessions, or of nothing (`off`).", enum=["session", "all", "off"]
            ),
        ),
        outside=True,
    ),
    Tool(
        "sessions",
        "List sessions",
        "Lists past conversations, the last used first: id, title, project, length, dates. Then `history` shows one.",
        _arguments(
            title=_text("Only sessions with all these words in their title.", maxLength=200),
            project=_PROJECT,
            since=_SINCE,
            limit=_count("The most sessions.", 100, 20),
            cursor=_text("Where the list goes on, from an earlier call.", maxLength=300),
        ),
        reads=True,
        repeats=True,
    ),
    Tool(
        "history",
        "Show a session",
        "Shows the newest turns of one session word for word, oldest first, as dated quotations of at most about 40,000 characters. Where "
        "there are older turns it says how to get them.",
        _arguments(
            ("session_id",),
            session_id=_session("The session."),
            limit=_count("The most turns.", 100, 20),
            before=_text("Only turns before this one (a turn's id).", maxLength=100),
            offset={"type": "integer", "minimum": 0, "description": "For a turn that was cut: where it goes on, in characters."},
        ),
        reads=True,
        repeats=True,
    ),
    Tool(
        "forget",
        "Delete a session",
        "Deletes one session and everything said there, for good. Only when the person asks for it. `title` must be the session's title "
        "exactly as `sessions` shows it.",
        _arguments(
            ("session_id", "title"), session_id=_session("The session."), title=_text("Its exact title.", minLength=1, maxLength=200)
        ),
        destroys=True,
        repeats=True,
    ),
)
"""The most useful first: that is the order in which clients show them."""

_HOOK = {
    name: _text(description)
    for name, description in {
        "prompt": "What the person typed.",
        "session_id": "Claude Code's session.",
        "prompt_id": "Claude Code's id of the prompt.",
        "cwd": "The working directory.",
        "agent_id": "The subagent, if it is one.",
        "last_assistant_message": "Claude's answer.",
        "transcript_path": "The session's transcript.",
        "source": "What a session starts after, where there is no prompt.",
    }.items()
}


def _hook(*required: str, without: tuple[str, ...] = ()) -> Schema:
    properties = {name: schema for name, schema in _HOOK.items() if name not in without}
    return {"type": "object", "properties": properties, "required": list(required)}


HOOK_TOOLS = (
    Tool(
        "recall_for_prompt",
        "Hook: recall before a prompt",
        HOOKS,
        _hook("prompt", "session_id", without=("last_assistant_message",)),
        reads=True,
    ),
    Tool(
        "store_turn",
        "Hook: store a turn",
        HOOKS,
        _hook("session_id", "last_assistant_message", without=("prompt", "source")),
        repeats=True,
    ),
)
