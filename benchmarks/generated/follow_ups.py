"""Questions that name their subject only in the turn before: "And until when is it valid?"."""

from __future__ import annotations

from dialogues import Dialogue
from generated.chat import Chat

TURNS = 160
FACTS = (
    (
        "Nordwind",
        "Nordwind sent us their offer for the racks: 14 May is the last day on which we can accept.",
        "And until when is it valid?",
    ),
    ("Halvorsen", "Halvorsen wants the crates in Bergen, harbour gate 7.", "And where does it go?"),
    ("the thumbnailer", "Since the reorganisation Priya's team looks after the thumbnailer.", "Who owns it?"),
    ("the nightly export", "The nightly export needs about 95 minutes, most of it for compression.", "How long does it take?"),
    ("Baxter", "We lost Baxter because our quote came two days late.", "Why was that?"),
    ("the lisbon server", "The lisbon server has 48 GB of memory and two disks.", "And how big is it?"),
    ("Aunt Margit", "Aunt Margit takes the train that gets in at 16:20.", "And when does she arrive?"),
    ("the blue kayak", "I paid 640 euros for the blue kayak, paddle included.", "What did it cost?"),
    ("the Osaka branch", "Kenji Mori has led the Osaka branch since autumn.", "Who runs it?"),
    ("the boiler", "The boiler people can come on the 23rd, between eight and ten.", "And when was that?"),
    ("Lindqvist", "Lindqvist's retainer is paid quarterly, in advance.", "How often is that?"),
    ("the orchid contract", "The orchid contract is kept in binder 12, behind the leases.", "Where is it?"),
    ("Tomasz", "Tomasz cannot eat hazelnuts or sesame.", "What can't he have?"),
    ("the lake cabin", "For the lake cabin the caretaker has the spare key.", "And who has the key?"),
    ("die Steuerberaterin", "Die Steuerberaterin Frau Kolbe braucht alles bis zum 31. Juli.", "Und bis wann?"),
    ("le traiteur", "Le traiteur Marchand demande 38 euros par personne.", "Et combien ça coûte ?"),
)
"""The subject, what the person says of it, and how they ask for it later."""
_LEADS = {"die": "Reden wir noch einmal über {}.", "le": "Revenons à {}."}
_ANSWERS = {"die": "Gern, worum geht es?", "le": "Avec plaisir. De quoi s'agit-il ?"}


def dialogue() -> Dialogue:
    chat = Chat("follow-ups", seed=3)
    turns = sorted(chat.chance.sample(range(3, TURNS - 30), len(FACTS)))
    for (subject, fact, question), turn in zip(FACTS, turns, strict=True):
        chat.small_talk(turn)
        said, _ = chat.turn(fact)
        article = subject.split()[0]
        lead = (_LEADS.get(article, "Let us talk about {} again.").format(subject), _ANSWERS.get(article, "Sure, what about it?"))
        chat.ask(question, "after a turn about it", [said], lead=lead)
    chat.small_talk(TURNS)
    return chat.dialogue()
