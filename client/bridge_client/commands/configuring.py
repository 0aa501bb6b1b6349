"""`rename` and `keep`: the settings of a session."""

from __future__ import annotations

import math
from datetime import datetime

from bridge_client.commands.client import Client
from bridge_client.failures import Failure
from bridge_client.protocol.frames import Frame, text_in
from bridge_client.terminal.wording import kept_until

HOUR = 3600.0
ATTEMPTS = 200
"""Requests until each turn of a very long session is kept for as long as is wanted."""


def configure(client: Client, session_id: str, **changes: object) -> Frame:
    """Changes settings of a session; returns all of them. Raises `Failure`."""
    client.require("configure", "settings of a session")
    frame = {"action": "configure", "session_id": session_id, **changes}
    for _ in range(ATTEMPTS):
        reply = client.request(frame, "configured")
        if reply.get("complete") is not False:
            return {name: value for name, value in reply.items() if name not in ("type", "request_id")}
    raise Failure("still_running", "Not every turn is changed yet. Run the same command again to go on.", retryable=True)


def rename(client: Client, session_id: str, title: str) -> Frame:
    settings = configure(client, session_id, title=title)
    client.notes.say(f"{session_id} is now called: {text_in(settings, 'title')}", style="")
    return settings


def keep(client: Client, session_id: str, seconds: float | None, now: datetime) -> Frame:
    """Keeps a session this long after its last turn; without an end where `seconds` is None."""
    hours = 0 if seconds is None else max(1, math.ceil(seconds / HOUR))
    settings = configure(client, session_id, keep_hours=hours)
    client.notes.say(f"{session_id} is {kept_until(settings.get('expires_at'), now)}.", style="")
    return settings
