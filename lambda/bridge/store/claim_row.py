"""The row of a request that is being answered, or was: a record like those in `records`."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.fields import integer, number, text, without_none
from bridge.store.records import Item
from bridge.typed import Any, NamedTuple, Self


class Claim(NamedTuple):
    """A row of the hashes table: who answers this request, until when that holds, and how it failed. It holds no text.

    `state` is `running` or `failed`; a row of an answered request stays `running`, and the stored turn is what tells. `message` is the
    MD5 of the message. `lease_until` is in seconds since the epoch, with fractions. `connection_id` is the newest connection that wants
    the stream.
    """

    hash: str
    session: str
    turn: str
    message: str
    invocation: str
    lease_until: float
    ttl: int
    state: str = "running"
    connection_id: str = ""
    code: str = ""
    retry_after: float | None = None
    setting: str = ""
    cancel: bool = False

    @property
    def failed(self) -> bool:
        return self.state == "failed"

    def item(self) -> Item:
        return without_none(
            {
                "hash": self.hash,
                "session_id": self.session,
                "turn": self.turn,
                "message": self.message,
                "state": self.state,
                "lease_until": self.lease_until,
                "invocation": self.invocation,
                "connection_id": self.connection_id or None,
                "code": self.code or None,
                "retry_after": self.retry_after,
                "setting": self.setting or None,
                "cancel": True if self.cancel else None,
                "ttl": self.ttl,
            }
        )

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        return cls(
            hash=text(item, "hash"),
            session=text(item, "session_id"),
            turn=text(item, "turn"),
            message=text(item, "message"),
            invocation=text(item, "invocation"),
            lease_until=number(item, "lease_until") or 0.0,
            ttl=integer(item, "ttl"),
            state=text(item, "state") or "running",
            connection_id=text(item, "connection_id"),
            code=text(item, "code"),
            retry_after=number(item, "retry_after"),
            setting=text(item, "setting"),
            cancel=item.get("cancel") is True,
        )
