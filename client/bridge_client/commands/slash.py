"""The commands within a chat: lines that begin with a slash."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bridge_client.commands.choosing import choose_session
from bridge_client.commands.configuring import keep, rename
from bridge_client.commands.history import history, show_turns
from bridge_client.commands.moving.documents import as_markdown
from bridge_client.commands.search import search, show_hits
from bridge_client.commands.sessions import DEFAULT, Filter, sessions, show_sessions
from bridge_client.failures import Failure
from bridge_client.terminal.hints import did_you_mean
from bridge_client.terminal.session_choice import SessionChoice
from bridge_client.terminal.spans import span_of

if TYPE_CHECKING:
    from bridge_client.commands.chat import Chat

HITS = 10
_COMMAND = re.compile(r"/([A-Za-z][\w-]*|\??)(?:\s+(.*))?", re.DOTALL)
"""A path has another slash, or a dot: a question may begin with one."""

FOREIGN = {
    "/bye": "/exit",
    "/clear": "/new",
    "/continue": "/resume",
    "/find": "/search",
    "/h": "/help",
    "/list": "/sessions",
    "/load": "/resume",
    "/ls": "/sessions",
    "/q": "/exit",
    "/reset": "/new",
    "/save": "/export",
    "/session": "/sessions",
    "/title": "/rename",
    "/usage": "/cost",
}
"""What other programs call a command."""


class SlashCommand(NamedTuple):
    argument: str
    meaning: str
    run: Callable[[Chat, str, datetime], None]


def run_command(chat: Chat, line: str, now: datetime) -> bool:
    """Does what the line says, if it is a command. Raises `Failure`. A question that begins with a slash is written with two."""
    match = _COMMAND.fullmatch(line)
    if match is None:
        return False
    name = f"/{match[1].lower()}"
    command = COMMANDS.get("/help" if name in ("/", "/?") else name)
    if command is None:
        likely = f" Did you mean {FOREIGN[name]}?" if name in FOREIGN else did_you_mean(name, COMMANDS)
        raise Failure("bad_request", f"There is no {name}.{likely} /help lists what there is; a question that begins with / is written //.")
    argument = (match[2] or "").strip()
    command.run(chat, argument, now)
    return True


def completions(chat: Chat) -> Mapping[str, Callable[[], Iterable[str]]]:
    """What completes each command's argument."""
    return {name: (chat.known_ids if command.argument == "SESSION" else tuple) for name, command in COMMANDS.items()}


def _help(chat: Chat, _argument: str, _now: datetime) -> None:
    rows = [(f"{name} {command.argument}".strip(), command.meaning) for name, command in COMMANDS.items()]
    width = max(len(form) for form, _ in rows)
    keys = "Alt-Enter, Ctrl-J or a backslash at the end of a line begin another line; Ctrl-X Ctrl-E asks what you write in your editor."
    chat.client.output.say("".join(f"  {form:<{width}}  {meaning}\n" for form, meaning in rows), width + 4)
    if chat.client.notes.can_draw:
        chat.client.notes.say(keys)


def _new(chat: Chat, name: str, _now: datetime) -> None:
    chat.move_to(choose_session(chat.client, SessionChoice(new=name)) if name else "")
    chat.client.notes.say(f"A new session begins{f': {name}' if name else ''}.")


def _resume(chat: Chat, name: str, _now: datetime) -> None:
    if not name:
        raise Failure("bad_request", "Which session? /sessions lists them.")
    chat.move_to(choose_session(chat.client, SessionChoice(name)))
    chat.show_last()


def _sessions(chat: Chat, words: str, now: datetime) -> None:
    client = chat.client
    show_sessions(client, sessions(client, DEFAULT + 1, Filter(words)), client.output.stream, now, filtered=bool(words))


def _history(chat: Chat, count: str, _now: datetime) -> None:
    turns = history(chat.client, chat.named(), int(count) if count.isdecimal() and int(count) else None)
    show_turns(chat.client.output, turns, raw=chat.raw)


def _search(chat: Chat, words: str, now: datetime) -> None:
    if not words:
        raise Failure("bad_request", "Search for what? /search WORDS")
    show_hits(chat.client, search(chat.client, words, "", HITS), now, words, lambda session_id: f"/resume {session_id}")


def _model(chat: Chat, name: str, _now: datetime) -> None:
    _option(chat, "model", name)


def _system(chat: Chat, text: str, _now: datetime) -> None:
    _option(chat, "system", text)


def _option(chat: Chat, name: str, value: str) -> None:
    """Sets what the next questions say; without a value says what it is, and "default" leaves it to the bridge."""
    if value and value != "default":
        chat.client.require("options", f"/{name}")
        chat.options[name] = value
    elif value:
        chat.options.pop(name, None)
    chat.client.notes.say(f"{name}: {chat.options.get(name, 'as the bridge or the session says')}", style="")


def _keep(chat: Chat, span: str, now: datetime) -> None:
    seconds = span_of(span)
    if span and seconds is None:
        raise Failure("bad_request", f"{span} is not a length of time. Write 12h, 3d or 2w, or nothing: until you delete it.")
    chat.note_settings(keep(chat.client, chat.named(), seconds, now))


def _rename(chat: Chat, title: str, _now: datetime) -> None:
    if not title:
        raise Failure("bad_request", "Which title? /rename TITLE")
    rename(chat.client, chat.named(), title)


def _cost(chat: Chat, _argument: str, _now: datetime) -> None:
    chat.client.notes.say(chat.spent.in_words(), style="")


def _export(chat: Chat, name: str, now: datetime) -> None:
    session_id = chat.named()
    path = Path(name or f"{session_id}.md").expanduser()
    text = as_markdown(session_id, "", list(islice(history(chat.client, session_id, None), None)), now)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Failure("not_written", f"{path} cannot be written: {(error.strerror or str(error)).lower()}.") from error
    chat.client.notes.say(f"Written: {path}", style="")


def _nothing(_chat: Chat, _argument: str, _now: datetime) -> None:
    """`/exit` with something behind it is not meant to leave."""
    raise Failure("bad_request", "/exit and /quit stand alone.")


COMMANDS: Mapping[str, SlashCommand] = {
    "/help": SlashCommand("", "this list", _help),
    "/new": SlashCommand("[NAME]", "begin a new session", _new),
    "/resume": SlashCommand("SESSION", "continue another session", _resume),
    "/sessions": SlashCommand("[WORDS]", "list your sessions", _sessions),
    "/history": SlashCommand("[N]", "what was said here, or the newest N turns of it", _history),
    "/search": SlashCommand("WORDS", "find what was said, in all sessions", _search),
    "/model": SlashCommand("[MODEL]", "the model of the next answers; default: the bridge's", _model),
    "/system": SlashCommand("[TEXT]", "instructions for the next answers; default: none", _system),
    "/keep": SlashCommand("[SPAN]", "keep this session until you delete it, or for 30d after its last turn", _keep),
    "/rename": SlashCommand("TITLE", "give this session a title", _rename),
    "/cost": SlashCommand("", "what this chat has used", _cost),
    "/export": SlashCommand("[FILE]", "write this session to a Markdown file", _export),
    "/exit": SlashCommand("", "leave, as Ctrl-D does", _nothing),
    "/quit": SlashCommand("", "leave", _nothing),
}
