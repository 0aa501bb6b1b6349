"""Questions for what the person asked on a day, which they name in nine forms and seven languages. All that they asked then is wanted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from dialogues import Dialogue
from generated.chat import START, TURNS_A_DAY, Chat

DAYS = 70
ASKED = range(11, 67, 5)
"""The days that are asked about, by how many days after the first they are."""
FIRST = datetime.fromtimestamp(START / 1000, UTC).date()

_ENGLISH = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_GERMAN = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"]
_FRENCH = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]
_SPANISH = ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"]
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def dialogue() -> Dialogue:
    chat = Chat("days", seed=2)
    for day in range(DAYS):
        chat.small_talk((day + 1) * TURNS_A_DAY)
        for about in [about for about in ASKED if day - about in (1, 3)]:
            _ask_relatively(chat, about, day - about)
    for about in ASKED:
        for form, text in _named(FIRST + timedelta(days=about)).items():
            chat.ask(text, form, _evidence(about))
    return chat.dialogue()


def _evidence(day: int) -> list[str]:
    return [f"t{turn}u" for turn in range(day * TURNS_A_DAY, (day + 1) * TURNS_A_DAY)]


def _ask_relatively(chat: Chat, day: int, days_ago: int) -> None:
    """Questions on the evening of a later day."""
    weekday = _WEEKDAYS[(FIRST + timedelta(days=day)).weekday()]
    asked = {
        1: {
            "yesterday": "What did I ask you yesterday?",
            "yesterday, in other languages": "Was habe ich dich gestern gefragt?",
            "yesterday, in Chinese": "昨天我问了你什么？",
        },
        3: {
            "three days ago": "What did I ask you three days ago?",
            "three days ago, in other languages": "Was habe ich dich vor drei Tagen gefragt?",
            "on Monday": f"What did I ask you on {weekday}?",
        },
    }
    for form, text in asked[days_ago].items():
        chat.ask(text, form, _evidence(day), now=True)


def _named(day: date) -> dict[str, str]:
    month, number = day.month - 1, day.day
    return {
        "April 3": f"What did I ask you on {_ENGLISH[month]} {number}?",
        "Apr 3": f"What did I ask you on {_ENGLISH[month][:3]} {number}?",
        "3 April 2026": f"What did I ask you on {number} {_ENGLISH[month]} {day.year}?",
        "2026-04-03": f"What did I ask you on {day.isoformat()}?",
        "3.4.": f"Was habe ich dich am {number}.{day.month}. gefragt?",
        "4/3": f"What did I ask you on {day.month}/{number}?",
        "German": f"Was habe ich dich am {number}. {_GERMAN[month]} gefragt?",
        "French": f"Qu'est-ce que je t'ai demandé le {number} {_FRENCH[month]} ?",
        "Spanish": f"¿Qué te pregunté el {number} de {_SPANISH[month]}?",
        "Japanese": f"{day.month}月{number}日に私は何を聞きましたか？",
        "Chinese": f"{day.month}月{number}日我问了你什么？",
        "Korean": f"{day.month}월 {number}일에 내가 뭘 물어봤지?",
    }
