"""Standing instructions, given early and meant for questions that share no rare word with them."""

from __future__ import annotations

from collections.abc import Sequence

from dialogues import Dialogue
from generated.chat import Chat

TURNS = 200
ENGLISH = (
    ("Always give temperatures in Celsius when I ask about cooking.", "How long do I roast a chicken?"),
    ("From now on, call me Dr. Okafor.", "Draft a reply to the landlord."),
    ("Never use bullet points in letters.", "Write to the insurance company that the claim is settled."),
    ("Whenever I share code, look for security problems first.", "Here is my login handler: def login(u, p): return db.find(u, p)"),
    ("Please remember that I am allergic to walnuts.", "Suggest a cake for Sunday."),
)
MORE_ENGLISH = (
    ("When I ask for a summary, keep it to three sentences.", "Sum up what photosynthesis is."),
    ("Keep in mind that we deploy on Thursdays only.", "When can the hotfix go out?"),
    ("I prefer British spelling in everything you write for me.", "Write a paragraph on colours and neighbours."),
    ("Don't ever suggest paid software to me.", "How do I edit a video?"),
)
OTHER_LANGUAGES = (
    ("Antworte mir ab jetzt immer auf Deutsch und mit Du.", "Explain recursion."),
    ("Ne propose jamais de viande dans les recettes.", "Que puis-je cuisiner ce soir ?"),
    ("Siempre que te pida un viaje, incluye el tren.", "Quiero ir a Sevilla el viernes."),
    ("以后回答我时请先给结论。", "什么是通货膨胀？"),
    ("これからは必ず敬語で答えてください。", "明日の予定を立てて。"),
)


def dialogues() -> list[Dialogue]:
    return [
        _dialogue("instructions, 1", "English", ENGLISH, seed=6),
        _dialogue("instructions, 2", "English", MORE_ENGLISH, seed=7),
        _dialogue("instructions, 3", "other languages", OTHER_LANGUAGES, seed=8),
    ]


def _dialogue(name: str, category: str, pairs: Sequence[tuple[str, str]], seed: int) -> Dialogue:
    chat = Chat(name, seed)
    turns = sorted(chat.chance.sample(range(2, 40), len(pairs)))
    for (instruction, question), turn in zip(pairs, turns, strict=True):
        chat.small_talk(turn)
        said, _ = chat.turn(instruction, "I will.")
        chat.ask(question, category, [said])
    chat.small_talk(TURNS)
    return chat.dialogue()
