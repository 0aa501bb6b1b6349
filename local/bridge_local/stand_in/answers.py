"""The stand-in's own answer: it quotes what it was sent that best fits the question, so that memory can be seen without a key.

Everything here follows from the request alone: the same request gets the same answer.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import unquote

from bridge_local.stand_in import fitting
from bridge_local.stand_in.exchange import Reply, Request, Step, event, stream, whole

SHOWN = 160
"""How many characters of a sentence are repeated."""

WORDS_IN_A_PIECE = 4
CHARACTERS_IN_A_TOKEN = 4

_THINKING = {"type": "thinking", "thinking": "", "signature": "EoSTANDIN=="}


def answer(request: Request, pause: float) -> Reply:
    """The reply to a legal request, streamed if it asks for that, with `pause` seconds between two pieces."""
    body = request.body
    text = describe(body)
    room = body["max_tokens"] * CHARACTERS_IN_A_TOKEN
    stop_reason = "end_turn" if len(text) <= room else "max_tokens"
    message = {
        "id": f"msg_stand_in_{request.number}",
        "type": "message",
        "role": "assistant",
        "content": [_THINKING, {"type": "text", "text": text[:room]}],
        "model": body["model"],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "stop_details": None,
        "usage": _usage(_tokens(_all_text(body)), _tokens(text[:room])),
    }
    if body.get("stream"):
        return stream(tuple(_streamed(message, pause)))
    return whole(json.dumps(message, ensure_ascii=False).encode(), "application/json")


def model_of(request: Request) -> str | None:
    """The model that is asked about (`GET .../v1/models/ID`); None where none is."""
    _, models, model = request.path.partition("?")[0].rpartition("/v1/models/")
    return unquote(model) if request.method == "GET" and models and model else None


def model_info(request: Request) -> Reply | None:
    """What there is to say of the model that is asked about: it has every model (docs api/models/retrieve)."""
    model = model_of(request)
    if model is None:
        return None
    info = {"type": "model", "id": model, "display_name": model, "created_at": "1970-01-01T00:00:00Z", "lifecycle": "active"}
    return whole(json.dumps(info).encode(), "application/json")


def describe(body: dict[str, Any]) -> str:
    """The answer to a request, at most 600 characters: the sentence that fits its question, and what else it holds."""
    *earlier, last = [(message["role"], _text_of(message["content"])) for message in body["messages"]]
    question = fitting.split(last[1])[1]
    older = [sentence for role, text in earlier for sentence in fitting.sentences_of(role, text)]
    quoted = list(fitting.sentences_of(last[0], last[1].removesuffix(question)))
    recalled = fitting.best(question, [*quoted, *older])
    return " ".join([_recalled(recalled, question), f"({' '.join([*_about(len(earlier)), *_extras(body)])})"])


def _recalled(sentence: fitting.Sentence | None, question: str) -> str:
    if sentence is None:
        return f"You wrote: {_shown(question)}"
    day = f" on {sentence.day:%A}, {sentence.day.day} {sentence.day:%B}" if sentence.day else ""
    said = "You told me" if sentence.role == "user" else "I told you"
    return f"{said}{day}: {_shown(sentence.text)}"


def _about(earlier: int) -> Iterator[str]:
    yield f"{fitting.OWN_WORDS}, not Claude: no API key is set."
    yield f"I was sent {earlier} earlier message{'s' if earlier > 1 else ''}." if earlier else "This is the first message I was sent."


def _extras(body: dict[str, Any]) -> Iterator[str]:
    """A sentence for each thing that was sent besides the conversation itself."""
    if body.get("system"):
        yield f"There is a system prompt of {len(_text_of(body['system']))} characters."
    quoted = [block for message in body["messages"] for block in fitting.split(_text_of(message["content"]))[0]]
    for name, what in (("summary", "a summary"), ("earlier", "older passages")):
        characters = sum(len(text) for of, text in quoted if of == name)
        if characters:
            yield f"I was sent {characters} characters of {what} of what was said before."


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= SHOWN else f'"{text[:SHOWN].rstrip()}…"'


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content if block["type"] == "text")


def _all_text(body: dict[str, Any]) -> str:
    return _text_of(body.get("system", "")) + "".join(_text_of(message["content"]) for message in body["messages"])


def _tokens(text: str) -> int:
    return max(1, len(text) // CHARACTERS_IN_A_TOKEN)


def _usage(input_tokens: int, output_tokens: int) -> dict[str, int]:
    return {
        "input_tokens": input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output_tokens,
    }


def _streamed(message: dict[str, Any], pause: float) -> Iterator[Step]:
    usage, text = message["usage"], message["content"][1]["text"]
    unfinished: dict[str, Any] = {"content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield b"".join(
        event(data)
        for data in (
            {"type": "message_start", "message": {**message, **unfinished}},
            {"type": "content_block_start", "index": 0, "content_block": {**_THINKING, "signature": ""}},
            {"type": "ping"},
            _delta(0, {"type": "signature_delta", "signature": _THINKING["signature"]}),
            {"type": "content_block_stop", "index": 0},
            {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        )
    )
    for piece in pieces(text):
        if pause:
            yield partial(time.sleep, pause)
        yield event(_delta(1, {"type": "text_delta", "text": piece}))
    ending = {name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    yield event({"type": "content_block_stop", "index": 1})
    yield event({"type": "message_delta", "delta": ending, "usage": usage}) + event({"type": "message_stop"})


def _delta(index: int, delta: dict[str, str]) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def pieces(text: str) -> Iterator[str]:
    """The text in groups of a few words; together they are the text."""
    words = text.split(" ")
    for start in range(0, len(words), WORDS_IN_A_PIECE):
        group = " ".join(words[start : start + WORDS_IN_A_PIECE])
        yield group if start + WORDS_IN_A_PIECE >= len(words) else group + " "
