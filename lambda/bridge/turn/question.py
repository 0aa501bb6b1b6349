"""A question: the query as it came in with what it says about how it is answered, its caller, and the session it belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.commit.claims import Request
from bridge.errors import BridgeError, Code
from bridge.memory.request import joined
from bridge.services import Caller
from bridge.settings import Settings
from bridge.store.claims import new_session_id
from bridge.store.session_settings import SessionSettings
from bridge.text import clean, encode
from bridge.typed import Any, NamedTuple
from bridge.wire.requests import Fields, count, flag, utc_offset
from bridge.wire.session_fields import bad, nested_settings, read_settings

MUSTS = ("exist", "be_new")


class Options(NamedTuple):
    """ "" and 0: not given. `settings` are for a session that the question begins; `must` says whether it has to."""

    model: str = ""
    effort: str = ""
    max_tokens: int = 0
    system: str = ""
    scope: str = ""
    settings: Mapping[str, Any] = {}
    must: str = ""

    @property
    def hashed(self) -> str:
        """What sets apart two requests without an id that are the same otherwise."""
        given = [*self[:5], dict(self.settings)]
        return encode(given).decode() if any(given) else ""

    def applied(self, bridge: Settings, session: SessionSettings) -> Settings:
        """The bridge's settings as they are for this question in this session.

        A model of the session that the bridge does not allow (it was imported, or the operator has changed the list) counts as not set.
        """
        if not any((*self[:5], *session[2:6])):
            return bridge
        system = self.system or session.system
        model = session.model if session.model and bridge.allows_model(session.model) else bridge.claude_model
        return bridge._replace(
            claude_model=self.model or model,
            claude_effort=self.effort or session.effort or bridge.claude_effort,
            max_tokens=self.max_tokens or bridge.max_tokens,
            system_prompt=system if system and bridge.client_system == "replace" else joined(bridge.system_prompt, system),
            recall_scope=self.scope or session.scope or bridge.recall_scope,
        )

    def must_be_allowed(self, bridge: Settings) -> None:
        if self.max_tokens > bridge.max_tokens:
            raise BridgeError(Code.BAD_REQUEST, f"`max_tokens` may be at most {bridge.max_tokens:,} on this bridge.", setting="MAX_TOKENS")


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


def read_options(fields: Fields) -> Options:
    own = read_settings({name: fields[name] for name in ("model", "effort", "system", "scope") if name in fields})
    must = fields.get("must", "")
    if must not in ("", *MUSTS):
        raise bad("must", f"must be one of {', '.join(MUSTS)}")
    most = count(fields, "max_tokens", 1, minimum=1) if "max_tokens" in fields else 0
    return Options(max_tokens=most, settings=nested_settings(fields), must=must, **own)
