"""What a question may say about how it is answered, beside what its session and the bridge say. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.errors import BridgeError, Code
from bridge.memory.request import joined
from bridge.settings import Settings
from bridge.store.session_settings import SessionSettings
from bridge.text import encode
from bridge.typed import Any, NamedTuple
from bridge.wire.requests import Fields, count
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


def read_options(fields: Fields) -> Options:
    own = read_settings({name: fields[name] for name in ("model", "effort", "system", "scope") if name in fields})
    must = fields.get("must", "")
    if must not in ("", *MUSTS):
        raise bad("must", f"must be one of {', '.join(MUSTS)}")
    most = count(fields, "max_tokens", 1, minimum=1) if "max_tokens" in fields else 0
    return Options(max_tokens=most, settings=nested_settings(fields), must=must, **own)
