"""Turns and failures as the page shows them: what was said as HTML, figures as they are."""

from __future__ import annotations

from bridge_client.failures import Failure
from bridge_client.protocol.frames import Frame, objects_in, text_in
from bridge_client.terminal.wording import early_end
from bridge_client.web.markdown import as_html

FIGURES = ("turn", "model", "stop_reason", "usage", "usage_is_estimate", "cost_usd", "cost_is_estimate")
SENT = ("context", "passages")
"""What `done` says of what Claude was sent. (The `context` of a turn of `history` is what was said.)"""


def shown(turn: Frame, known: Frame | None = None) -> Frame:
    """A turn of `history`; `known`: what `done` said of it."""
    known = known or {}
    said = {text_in(one, "role"): text_in(one, "content") for one in objects_in(turn, "context")}
    return {
        **{name: value for name in FIGURES if (value := known.get(name, turn.get(name))) is not None},
        **{name: known[name] for name in SENT if known.get(name) is not None},
        "message": said.get("user", ""),
        "html": as_html(said.get("assistant", "")),
        "said_at": turn.get("said_at") or turn.get("last_updated"),
        "early_end": early_end(turn),
    }


def answered(done: Frame, message: str, text: str, now: float) -> Frame:
    """The turn that `done` tells of."""
    context = [{"role": "user", "content": message}, {"role": "assistant", "content": text}]
    return shown({**done, "context": context, "said_at": now}, done)


def failed(failure: Failure) -> Frame:
    return {"code": failure.code, "message": failure.message, "retryable": failure.retryable, "setting": failure.setting}
