"""Which session is meant: by its id, the beginning of one, a title, or as the last one of this directory."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from itertools import islice
from typing import TypeVar

from bridge_client.commands.client import Client
from bridge_client.commands.sessions import sessions
from bridge_client.failures import Failure
from bridge_client.protocol.frames import SESSION_ID, Frame, session_id_in, text_in
from bridge_client.terminal.keyboard.confirm import can_confirm, confirmed
from bridge_client.terminal.session_choice import SessionChoice

LISTED = 1000
"""How many sessions are looked through for the beginning of an id, or a title."""
NAMED = 5
"""How many of several that fit are named."""
Result = TypeVar("Result")


class SeveralSessions(Failure):
    """A name means more than one session."""

    def __init__(self, message: str) -> None:
        super().__init__("no_such_session", message)


UNKNOWN = frozenset({"no_such_session", "session_deleted"})


def choose_session(client: Client, wanted: SessionChoice, *, words: str = "", begins: bool = True) -> str:
    """The id of the session to ask in; "" for a new one. Raises `Failure` if there is none that is meant.

    With `begins` a person at a terminal is asked whether to begin one that does not exist. `words` are the question and the session, if
    both may be one question without quotes.
    """
    if wanted.new:
        return _unused(client, wanted.new)
    if wanted.last:
        return _last(client)
    if not wanted.name:
        return ""
    try:
        return find_session(client, wanted.name)
    except Failure as failure:
        if not begins or failure.code not in UNKNOWN or isinstance(failure, SeveralSessions) or not SESSION_ID.fullmatch(wanted.name):
            raise
        one_question = f" If that was one question: {client.hints.question(words)}." if words else ""
        if not can_confirm():
            failure.message += f"{one_question} To begin it: {client.hints.begin(wanted.name)}"
            raise
        if confirmed(f"{failure.message}{one_question} Begin it?"):
            return wanted.name
        raise Failure(failure.code, "Nothing was asked.") from failure


def with_session(client: Client, name: str, act: Callable[[str], Result]) -> Result:
    """What `act` returns for the session that `name` means. Raises `Failure`."""
    if SESSION_ID.fullmatch(name):
        try:
            return act(name)
        except Failure as failure:
            if failure.code not in UNKNOWN:
                raise
    return act(_similar(client, name))


def find_session(client: Client, name: str) -> str:
    """The id of the session of this id, this beginning of an id, or this title. Raises `Failure`."""
    return name if SESSION_ID.fullmatch(name) and _exists(client, name) else _similar(client, name)


def _similar(client: Client, name: str) -> str:
    """The session that `name` means, where it is not the id of one."""
    listed = list(islice(sessions(client, LISTED), LISTED))
    fitting = [session_id_in(row) for row in listed if _fits(row, name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        several = ", ".join(fitting[:NAMED]) + (", ..." if len(fitting) > NAMED else "")
        raise SeveralSessions(f"Several sessions have the title {name} or begin with it: {several}. Name one by more of its id.")
    message = f"There is no session {name}: it has expired, was deleted, or never was.{_nearest(listed, name)}"
    known = client.known_sessions
    if not client.url and not client.stand_in() and known and known.get("stand-in", name):
        message += " The stand-in has one: --stand-in"
    raise Failure("no_such_session", message)


def _exists(client: Client, session_id: str) -> bool:
    try:
        client.request({"action": "history", "session_id": session_id, "limit": 1}, "history")
    except Failure as failure:
        if failure.code not in UNKNOWN:
            raise
        return False
    return True


def _unused(client: Client, name: str) -> str:
    if not SESSION_ID.fullmatch(name):
        raise Failure("bad_session_id", f"Not a name for a session: {name} (1 to 128 of A-Z a-z 0-9 . _ -).")
    if _exists(client, name):
        raise Failure("session_exists", f"There is a session {name} already. To continue it: {client.hints.ask(name)}")
    return name


def _last(client: Client) -> str:
    known = client.known_sessions
    client.endpoint()
    here = known.last(client.place, client.directory) if known else None
    if here is None:
        elsewhere = known.last(client.place) if known else None
        hint = f" The last one elsewhere: {client.hints.ask(elsewhere.session_id)}" if elsewhere else ""
        raise Failure("no_such_session", f"There is no session of this directory to continue.{hint}")
    if not _exists(client, here.session_id):
        client.forget_session(here.session_id)
        raise Failure("no_such_session", f"The last session of this directory, {here.session_id}, has expired or was deleted.")
    return here.session_id


def _fits(row: Frame, name: str) -> bool:
    return session_id_in(row).startswith(name) or text_in(row, "title").casefold() == name.casefold()


def _nearest(listed: list[Frame], name: str) -> str:
    """Which one was most likely meant."""
    names = {field.casefold(): session_id_in(row) for row in listed for field in (text_in(row, "title"), session_id_in(row)) if field}
    near = get_close_matches(name.casefold(), names, n=1)
    return f" Did you mean {names[near[0]]}?" if near else ""
