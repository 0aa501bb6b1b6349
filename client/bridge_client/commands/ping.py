"""`ping`: whether each part on the way to Claude works, and how long it takes."""

from __future__ import annotations

from typing import NamedTuple, TextIO

from bridge_client.commands.client import Client, is_stand_in, with_model
from bridge_client.failures import Failure
from bridge_client.protocol.frames import Frame, number_in, object_in, text_in
from bridge_client.terminal.console import console_for
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.rendering.entries import Entry, show_entries

FIELDS = ("version", "features", "provider", "store_milliseconds", "model", "model_milliseconds", "store_error", "model_error")


OK, FAILED, UNKNOWN = "ok", "failed", "not checked"
STYLES = {OK: "green", FAILED: "red"}


class Check(NamedTuple):
    """One part. It was not checked if it has neither `milliseconds` nor `failure`."""

    part: str
    milliseconds: float | None
    failure: Failure | None = None
    what: str = ""
    """Which one it is, where there are several."""

    @property
    def result(self) -> str:
        return FAILED if self.failure else UNKNOWN if self.milliseconds is None else OK

    @property
    def time(self) -> str:
        return "" if self.milliseconds is None else f"{self.milliseconds:,.1f} ms"

    @property
    def detail(self) -> str:
        return ", ".join(part for part in (self.what, self.time) if part)

    @property
    def columns(self) -> tuple[str, str, str]:
        return f"{self.part} {self.what}".strip(), self.result, self.time


def ping(client: Client, stdout: TextIO, *, as_json: bool) -> int:
    """Checks and shows; returns the exit code of the first part that failed, or 0. Raises `Failure` if no bridge answers."""
    seconds, pong, _ = client.ping()
    handshake = round(seconds * 1000, 1)
    checks = checks_of(handshake, with_model(client, pong))
    if as_json:
        fields = {name: pong[name] for name in FIELDS if name in pong}
        client.output.write_json({"handshake_milliseconds": handshake, **fields, "stand_in": is_stand_in(client, pong)})
    else:
        _show(client, checks, stdout)
    codes = [client.report(check.failure) for check in checks if check.failure]
    return codes[0] if codes else 0


def checks_of(handshake: float, pong: Frame) -> tuple[Check, ...]:
    """What a bridge said about its parts; an older one says nothing."""
    model, provider = (one_line(text_in(pong, name)) for name in ("model", "provider"))
    provider_note = f" ({provider})" if provider else ""
    return (
        Check("handshake", handshake),
        Check("store", number_in(pong, "store_milliseconds"), _failure(pong, "store_error")),
        Check("model", number_in(pong, "model_milliseconds"), _failure(pong, "model_error"), f"{model}{provider_note}".strip()),
    )


def _failure(pong: Frame, name: str) -> Failure | None:
    error = object_in(pong, name)
    if not error:
        return None
    code, message = text_in(error, "code") or "internal", text_in(error, "message") or "Something went wrong."
    return Failure(code, message, setting=text_in(error, "setting"))


def _show(client: Client, checks: tuple[Check, ...], stdout: TextIO) -> None:
    """Columns on a terminal, else one line each with tabs between its parts."""
    if not client.output.on_terminal:
        client.output.show("".join("\t".join(check.columns) + "\n" for check in checks))
        return
    entries = [Entry(check.part, check.detail, check.result) for check in checks]
    show_entries(console_for(stdout, client.output.colour), entries, STYLES)
