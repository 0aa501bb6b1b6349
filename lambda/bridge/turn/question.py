"""One question as it came in, and what it is answered with."""

from __future__ import annotations

from typing import NamedTuple

from bridge.store.claims import new_session_id
from bridge.store.records import session_key
from bridge.turn.poster import Audience
from bridge.wire.requests import Query


class Caller(NamedTuple):
    """Whose question it is and where the answer goes. `event_id` is API Gateway's id of the message; `sent_at` when it took it."""

    owner: str
    connection_id: str
    event_id: str
    sent_at: float | None


class Question(NamedTuple):
    """A query, its caller, the session it belongs to, and the id of the invocation that holds it."""

    query: Query
    caller: Caller
    session_id: str
    invocation: str

    @classmethod
    def of(cls, query: Query, caller: Caller, token: str, invocation: str) -> Question:
        """`token` is random: what the session is named after where nothing else names it."""
        session_id = query.session_id or new_session_id(caller.owner, query.request_id, query.message, token)
        return cls(query, caller, session_id, invocation)

    @property
    def session(self) -> str:
        """The partition key of the session."""
        return session_key(self.caller.owner, self.session_id)

    @property
    def audience(self) -> Audience:
        return Audience(
            connection_id=self.caller.connection_id,
            single=not self.query.stream,
            request_id=self.query.request_id,
            single_id=self.query.request_id or self.caller.event_id,
            session_id=self.session_id,
        )
