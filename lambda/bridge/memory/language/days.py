"""The days that a text names, as the person who wrote it means them: dates, months, weekdays, "three days ago". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import chain
from typing import NamedTuple

from bridge.memory.language.calendar import Calendar, Days
from bridge.memory.language.numeric_dates import numeric
from bridge.memory.language.spelling import spelled
from bridge.memory.language.worded_dates import worded

MAX_READ = 4_000
"""Of a longer text its beginning and end are read, half as many characters each."""
MAX_SPANS = 24

_EPOCH = date(1970, 1, 1)
_DAY_SECONDS = 86_400


class Span(NamedTuple):
    """From `start` until before `end`, in seconds since the epoch."""

    start: float
    end: float


def spans(text: str, now: float, utc_offset_minutes: int) -> tuple[Span, ...]:
    """The days, weeks, months and years that `text` names and that have begun, each once, in the order of the text.

    Days are those of a person whose clock is `utc_offset_minutes` ahead of UTC. A day without a year is the latest one not after `now`; a
    form that is read as day and month or as month and day (3/4) gives both.
    """
    shift = utc_offset_minutes * 60
    today = _EPOCH + timedelta(days=int((now + shift) // _DAY_SECONDS))
    named = dict.fromkeys(period for period in _periods(text, today) if period[0] <= today)
    counted = [((first - _EPOCH).days, (last - _EPOCH).days + 1) for first, last in named]
    return tuple(Span(first * _DAY_SECONDS - shift, end * _DAY_SECONDS - shift) for first, end in counted[:MAX_SPANS])


def _periods(text: str, today: date) -> Iterator[Days]:
    ends = text if len(text) <= MAX_READ else text[: MAX_READ // 2] + "\n" + text[-MAX_READ // 2 :]
    read = spelled(ends)
    return chain(numeric(read, Calendar(today)), worded(read, Calendar(today)))


_BEGINNING = (
    "first thing|first question|first message|(at|in) the (very )?(beginning|start)|to begin with|start(ed)? (out )?with"
    "|als erstes|zuerst|am anfang|zu beginn|erste frage|ersten frage|erste nachricht|au début|en premier|première question|premier message"
    "|al principio|primera pregunta|primer mensaje|all.inizio|prima domanda|per prima|no início|no começo|primeira pergunta"
    "|aan het begin|eerste vraag|als eerste|na początku|pierwsze pytanie|в начале|первый вопрос|сначала|ilk soru|i början"
    "|första fråga|na začátku|první otázk|最初|初めに|一开始|最开始|第一个问题|처음|첫 질문|في البداية|أول سؤال|शुरुआत|सबसे पहले|पहला सवाल"
    "|lúc đầu|ban đầu|đầu tiên|pertanyaan pertama|pada awal"
)


def names_beginning(text: str) -> bool:
    """Whether `text` asks for how the conversation began: "my first question", "at the beginning"."""
    return bool(_beginning().search(spelled(text[:MAX_READ]).casefold()))


@cache
def _beginning() -> re.Pattern[str]:
    return re.compile(rf"(?:\b|(?<=[^\x00-\x7f]))(?:{spelled(_BEGINNING)})")
