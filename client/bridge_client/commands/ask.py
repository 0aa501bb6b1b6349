"""`ask`: one question, one answer."""

from __future__ import annotations

from datetime import datetime

from bridge_client.commands.client import Client, is_stand_in, with_model
from bridge_client.failures import INTERRUPTED, Failure
from bridge_client.protocol.conversation import Finished, Question
from bridge_client.protocol.frames import Frame, session_id_in, text_in
from bridge_client.terminal.json_lines import JsonLines
from bridge_client.terminal.presentation import Presentation
from bridge_client.terminal.screen import Screen
from bridge_client.terminal.wording import early_end, summary
from bridge_client.terminal.writers import BufferedWriter, Writer, writer_for

JSON_FIELDS = (
    "session_id",
    "turn",
    "model",
    "stop_reason",
    "usage",
    "context",
    "expires_at",
    "duplicate",
    "truncated",
    "request_id",
    "cost_usd",
    "cost_is_estimate",
    "passages",
)
"""The fields of `done` that `--json` prints."""

USUAL = Presentation()
"""On a terminal rendered and as it arrives, elsewhere unchanged and when it is complete."""


def ask(
    client: Client,
    message: str,
    session_id: str,
    now: datetime,
    *,
    request_id: str = "",
    presentation: Presentation = USUAL,
    options: Frame | None = None,
) -> int:
    """Asks and prints the answer; returns the exit code. Raises `Failure`.

    With the `request_id` of an earlier question this is that question, and gets its answer. `options` are further fields of the `query`.
    """
    writer = _writer(client, presentation)
    # One that was to be new is no surprise.
    expected = "" if (options or {}).get("must") == "be_new" else session_id
    screen = (JsonLines if presentation.lines else Screen)(client.notes, client.output, writer, session_id=expected)
    done = client.ask(Question(message, session_id, request_id or client.new_id(), options), screen)
    noted = client.note_answer(done.frame)
    try:
        if presentation.lines:
            client.output.write_json({"type": "result", **_as_json(client, done)})
        elif presentation.as_json:
            client.output.write_json(_as_json(client, done))
        else:
            writer.end()
    except Failure:
        # The turn is stored all the same.
        _say_more(client, done.frame, now, noted=noted)
        raise
    if not (presentation.as_json or presentation.lines):
        _say_more(client, done.frame, now, noted=noted)
    return INTERRUPTED if text_in(done.frame, "stop_reason") == "cancelled" else 0


def require_options(client: Client, options: Frame) -> None:
    """Raises `Failure` if the bridge would ignore them."""
    if options:
        client.require("options", " and ".join(f"--{name.replace('_', '-')}" for name in options))


def say_early_end(client: Client, done: Frame) -> None:
    """Says why the answer ends early, if it does."""
    if reason := early_end(done):
        client.notes.say(reason, style="yellow")


def _writer(client: Client, presentation: Presentation) -> Writer:
    if presentation.as_json or presentation.lines:
        return BufferedWriter(client.output)
    return writer_for(client.output, stream=presentation.stream, raw=presentation.raw)


def _say_more(client: Client, done: Frame, now: datetime, *, noted: bool) -> None:
    """`noted`: the session can be continued without its id."""
    client.notes.blank()
    say_early_end(client, done)
    client.notes.say(summary(with_model(client, done), now))
    if session_id := session_id_in(done):
        client.notes.say_command("To go on:", client.hints.go_on(session_id, known=noted))


def _as_json(client: Client, done: Finished) -> Frame:
    fields = {name: with_model(client, done.frame).get(name) for name in JSON_FIELDS}
    estimated = done.frame.get("usage_is_estimate") is True
    return {"response": done.text, **fields, "usage_is_estimate": estimated, "stand_in": is_stand_in(client, done.frame)}
