"""A chat of two million characters, with facts that the person mentions once."""

from __future__ import annotations

from dialogues import Dialogue
from generated.chat import Chat

CHARACTERS = 2_000_000
_NAMES = ("Abel", "Birte", "Caspar", "Dunja", "Emil", "Frida", "Gregor", "Hedda", "Imre", "Jolanda", "Kasimir", "Leonie")
_KINDS = (
    ("{name}'s car is a {what}.", "What does {name} drive?", ("blue van", "red estate", "grey pickup", "green hatchback")),
    ("{name} works as a {what} now.", "What is the job of {name}?", ("baker", "surveyor", "nurse", "luthier")),
    ("I owe {name} {what} euros for the tickets.", "How much money do I owe {name}?", ("35", "62", "118", "240")),
    ("{name} moved to {what} last spring.", "Where does {name} live now?", ("Graz", "Malmo", "Turin", "Ghent")),
)


def dialogue() -> Dialogue:
    chat = Chat("two million characters", seed=9)
    facts = [(name, *kind) for name in _NAMES for kind in _KINDS]
    chat.chance.shuffle(facts)
    size = 0
    for number, (name, fact, question, whats) in enumerate(facts):
        while size < CHARACTERS * (number + 1) // (len(facts) + 1):
            chat.small_talk(chat.turns + 1, _NAMES)
            size += sum(len(said.text) for said in chat.messages[-2:])
        said, _ = chat.turn(fact.format(name=name, what=chat.chance.choice(whats)))
        size += sum(len(said.text) for said in chat.messages[-2:])
        chat.ask(question.format(name=name), "facts", [said])
    while size < CHARACTERS:
        chat.small_talk(chat.turns + 1, _NAMES)
        size += sum(len(said.text) for said in chat.messages[-2:])
    return chat.dialogue()
