"""Tables and numbered lists that the assistant made weeks ago and that the person goes on with: each is of use only whole."""

from __future__ import annotations

from dialogues import Dialogue
from generated.chat import Chat

TURNS = 160
TABLES = (
    ("hosting plans", ("plan", "memory", "disk", "price"), 8, "Add a column for the price per year to the table of hosting plans."),
    ("vaccination dates", ("name", "vaccine", "first", "second"), 12, "Sort the table of vaccination dates by name."),
    ("supplier quotes", ("supplier", "part", "quantity", "quote"), 17, "Which of the supplier quotes is the lowest?"),
    ("training weeks", ("week", "run", "swim", "rest"), 24, "Write week 12 of the training weeks anew."),
)
"""Of what, the columns, how many rows, and what the person wants of it later."""
LISTS = (
    ("moving the orders database", 7, "What was step 4 of moving the orders database?"),
    ("opening the summer house", 10, "Give me the plan for opening the summer house again."),
    ("onboarding a new tester", 13, "Shorten the steps for onboarding a new tester."),
    ("recovering the backup server", 16, "What comes after step 9 of recovering the backup server?"),
)
"""What it is a plan for, how many steps it has, and what the person wants of it later."""

_ACTS = ("stop", "copy", "label", "unplug", "review", "replace", "announce", "measure", "clean", "restart", "archive", "unlock")
_OBJECTS = (
    "the valve",
    "the index",
    "both accounts",
    "the old cables",
    "the schedule",
    "the gate",
    "all drafts",
    "the meter",
    "the staging host",
)


def dialogue() -> Dialogue:
    chat = Chat("tables and lists", seed=5)
    turns = iter(sorted(chat.chance.sample(range(3, TURNS - 30), len(TABLES) + len(LISTS))))
    for subject, columns, rows, later in TABLES:
        _made(chat, next(turns), "table", f"the table of {subject}", _table(chat, columns, rows), later)
    for subject, steps, later in LISTS:
        _made(chat, next(turns), "numbered list", f"the plan for {subject}", _list(chat, steps), later)
    chat.small_talk(TURNS)
    return chat.dialogue()


def _made(chat: Chat, turn: int, category: str, what: str, thing: str, later: str) -> None:
    chat.small_talk(turn)
    before, after = chat.reply("time zones"), chat.reply("a reading list")
    _, answered = chat.turn(f"Make me {what}.", f"{before}\n\nHere is {what}:\n\n{thing}\n\n{after}")
    chat.ask(later, category, [answered], part=thing)


def _table(chat: Chat, columns: tuple[str, ...], rows: int) -> str:
    cells = [[f"{column} {chat.chance.randint(10, 999)}" for column in columns] for _ in range(rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [columns, ["---"] * len(columns), *cells])


def _list(chat: Chat, steps: int) -> str:
    return "\n".join(
        f"{number}. {chat.chance.choice(_ACTS).capitalize()} {chat.chance.choice(_OBJECTS)} and {chat.chance.choice(_ACTS)} "
        f"{chat.chance.choice(_OBJECTS)} within {chat.chance.randint(2, 90)} minutes."
        for number in range(1, steps + 1)
    )
