"""A question: the query as it came in, its caller, and the session it belongs to."""

from __future__ import annotations

from bridge.commit.claims import Request
from bridge.errors import BridgeError, Code
from bridge.services import Caller
from bridge.store.claims import new_session_id
from bridge.text import clean
from bridge.turn.options import Options, read_options
from bridge.typed import NamedTuple
from bridge.wire.requests import Fields, flag, utc_offset


class Query(NamedTuple):
    """`session_id` and `request_id` are "" when the client named none; `utc_offset` is its clock in minutes east of UTC."""

    message: str
    session_id: str = ""
    request_id: str = ""
    stream: bool = False
    utc_offset: int = 0
    options: Options = Options()


class Audience(NamedTuple):
    """Who asked: the connection, whether it gets one `single` message or a stream, and the `request_id` of frames and of that message."""

    connection_id: str
    single: bool
    request_id: str
    single_id: str
    session_id: str


class Question(NamedTuple):
    """A query, its caller, the session it belongs to, and the id of the invocation that answers it."""

    query: Query
    caller: Caller
    session_id: str
    invocation: str

    @classmethod
    def of(cls, query: Query, caller: Caller, token: str, invocation: str) -> Question:
        """`token` is random: the session is named after it where nothing else names it."""
        session_id = query.session_id or new_session_id(caller.owner, query.request_id, query.message, token)
        return cls(query, caller, session_id, invocation)

    @property
    def session(self) -> str:
        """The partition key of the session."""
        return self.request.session

    @property
    def request(self) -> Request:
        """What is claimed."""
        query, caller = self.query, self.caller
        stream, options = caller.connection_id if query.stream else "", query.options
        return Request(
            *(caller.owner, self.session_id, query.request_id, query.message, self.invocation, stream),
            *(options.hashed, options.must, None, options.settings),
        )

    @property
    def audience(self) -> Audience:
        return Audience(
            connection_id=self.caller.connection_id,
            single=not self.query.stream,
            request_id=self.query.request_id,
            single_id=self.query.request_id or self.caller.event_id,
            session_id=self.session_id,
        )


def read_query(fields: Fields) -> Query:
    return Query(
        *(_message(fields), fields.get("session_id", ""), fields.get("request_id", ""), flag(fields, "stream"), utc_offset(fields)),
        read_options(fields),
    )


def _message(fields: Fields) -> str:
    value = fields.get("message", "")
    if not isinstance(value, str):
        raise BridgeError(Code.BAD_REQUEST, "`message` must be text.")
    message = clean(value)
    if not message.strip():
        raise BridgeError(Code.EMPTY_MESSAGE)
    return message
