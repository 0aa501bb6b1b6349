"""The client's own delivery code, many at once, without a screen."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bridge_client.protocol.connection import open_connection
from bridge_client.protocol.conversation import Event, Finished, Question, Text, Void
from bridge_client.protocol.delivery import Delivery, Reconnecting
from bridge_client.protocol.retry import RetryPolicy


class Asked(NamedTuple):
    """A question and where it goes: `url` is asked each time there is to be a connection."""

    message: str
    session_id: str
    request_id: str
    url: Callable[[], str]
    token: str = ""


class Answered(NamedTuple):
    """`printed` is what a person sees, piece by piece; `void` how often it began again; `losses` how many connections were lost."""

    finished: Finished
    printed: str
    void: int
    losses: int


async def answered(asked: Asked, retry_policy: RetryPolicy = RetryPolicy()) -> Answered:  # noqa: B008 -- frozen
    """Brings the question to the bridge and its answer back. Raises the client's `Failure`."""
    printed: list[str] = []
    void = losses = 0

    def show(event: Event | Reconnecting) -> None:
        nonlocal void, losses
        match event:
            case Text(text):
                printed.append(text)
            case Void():
                void += 1
                printed.clear()
            case Reconnecting():
                losses += 1

    question = Question(asked.message, asked.session_id, asked.request_id)
    connect = lambda: open_connection(asked.url(), retry_policy.connect, asked.token)  # noqa: E731
    finished = await Delivery(question, connect, show, retry_policy=retry_policy, jitter=random.random).run()
    return Answered(finished, "".join(printed), void, losses)


def answers(asked: Sequence[Asked]) -> list[Answered]:
    """All of them at once."""

    async def together() -> list[Answered]:
        return await asyncio.gather(*map(answered, asked))

    return asyncio.run(together())
