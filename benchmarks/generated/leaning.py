"""Messages that want something done with the last answer, which is too long for the live part: it must be there whole."""

from __future__ import annotations

from dialogues import Dialogue
from generated.chat import Chat
from generated.functions import FUNCTIONS, function
from generated.small_talk import TOPICS

TURNS = 160
LENGTHS = (2_200, 3_400)
"""The least and the most characters of an answer that is leaned on."""
MESSAGES = (
    ("Make it shorter.", "English"),
    ("Can you make that more formal?", "English"),
    ("Now as a list, please.", "English"),
    ("Shorten the second paragraph.", "English"),
    ("Translate it into German.", "English"),
    ("Rewrite that for a child.", "English"),
    ("Turn it into an email.", "English"),
    ("Continue.", "English"),
    ("Now in Rust.", "English"),
    ("Mach es kürzer.", "other languages"),
    ("Übersetze das ins Englische.", "other languages"),
    ("Plus court, s'il te plaît.", "other languages"),
    ("Hazlo más corto.", "other languages"),
    ("短くして。", "other languages"),
    ("写短一点。", "other languages"),
    ("더 짧게 해줘.", "other languages"),
)


def dialogue() -> Dialogue:
    chat = Chat("leaning messages", seed=4)
    for number, (message, language) in enumerate(MESSAGES):
        chat.small_talk(40 + number * (TURNS - 40) // len(MESSAGES))
        topic = chat.chance.choice(TOPICS)
        _, answered = chat.turn(f"Tell me all that matters about {topic}.", _long_answer(chat, topic, in_code="Rust" in message))
        chat.ask(message, language, [answered], now=True)
    chat.small_talk(TURNS)
    return chat.dialogue()


def _long_answer(chat: Chat, topic: str, *, in_code: bool) -> str:
    least, most = LENGTHS
    text = f"```python\n{function(*FUNCTIONS[-1])}\n```" if in_code else ""
    while len(text) < least:
        text = (text + "\n\n" + chat.reply(topic)).strip()[:most].strip()
    return text
