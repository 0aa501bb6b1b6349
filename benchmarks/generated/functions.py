"""Functions that the assistant wrote weeks ago and that the person wants changed: each must come back whole, in its newest version."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dialogues import Dialogue
from generated.chat import Chat

TURNS = 160
FUNCTIONS = (
    ("parse_ledger", "rows", "row", "amount", 24),
    ("merge_invoices", "items", "item", "due", 29),
    ("schedule_backups", "jobs", "job", "interval", 34),
    ("score_matches", "pairs", "pair", "points", 39),
    ("render_report", "parts", "part", "width", 44),
    ("sync_contacts", "records", "record", "changed", 48),
)
"""Name, what it takes, what that consists of, a field of that, and how many lines the function has."""
REVISED = (
    ("allocate_rooms", "items", "item", "beds", 26),
    ("rank_routes", "rows", "row", "delay", 31),
    ("price_orders", "records", "record", "discount", 36),
)
VERSIONS = 4
CHANGES = (
    ("skip what is empty", "    {many} = [{one} for {one} in {many} if {one}]"),
    ("stop at a limit", "    {many} = {many}[:LIMIT]"),
    ("take the newest first", "    {many} = list(reversed({many}))"),
)
"""What the second and each later version is asked to do besides, and the line that does it."""

_BLOCKS = (
    ("for {one} in {many}:", "    if not {one}.get({field!r}):", "        continue", "    total += {one}[{field!r}] * {n}"),
    ("if total > {n}00:", "    raise ValueError(f'too many: {{total}}')"),
    ("seen_{n} = set()", "for {one} in {many}:", "    seen_{n}.add({one}.get('id', {n}))", "total += len(seen_{n})"),
    ("{many} = sorted({many}, key=lambda {one}: {one}.get({field!r}, {n}))", "first_{n} = {many}[0] if {many} else None"),
    ("while rest >= {n}:", "    rest -= {n}", "    if rest == {n}:", "        break"),
    ("groups_{n} = {{}}", "for {one} in {many}:", "    groups_{n}.setdefault({one}.get({field!r}), []).append({one})"),
    ("rest += total // {n}",),
    ("average_{n} = total / max(1, len({many}))", "rest += round(average_{n} - {n})"),
)


def dialogue() -> Dialogue:
    chat = Chat("functions", seed=1)
    moments = _moments(chat.chance)
    for (name, *_), moment in sorted(moments, key=lambda pair: pair[1]):
        chat.small_talk(moment)
        _written(chat, name, version=sum(turn <= moment and made[0] == name for made, turn in moments))
    chat.small_talk(TURNS)
    return chat.dialogue()


def _moments(chance: random.Random) -> list[tuple[Sequence[object], int]]:
    """At which turn each function is written, and each version of those that are revised."""
    turns = chance.sample(range(4, TURNS - 20), len(FUNCTIONS) + VERSIONS * len(REVISED))
    wanted = [*FUNCTIONS, *(one for one in REVISED for _ in range(VERSIONS))]
    return list(zip(wanted, turns, strict=True))


def _written(chat: Chat, name: object, version: int) -> None:
    which, many, one, field, lines = next(function for function in (*FUNCTIONS, *REVISED) if function[0] == name)
    text = function(which, many, one, field, lines, version)
    asked = (
        f"Write me a Python function {which} that goes through the {many} and adds up {field}."
        if version == 1
        else f"Please let {which} {CHANGES[version - 2][0]} as well."
    )
    opening, closing = chat.reply("error handling"), chat.reply("unit testing")
    _, answered = chat.turn(asked, f"{opening}\n\nHere is `{which}`:\n\n```python\n{text}\n```\n\n{closing}")
    newest = version == (VERSIONS if any(which == revised[0] for revised in REVISED) else 1)
    if newest:
        category = f"the newest of {VERSIONS} versions" if version > 1 else "whole"
        chat.ask(f"Please add logging to {which}.", category, [answered], part=text)


def function(name: str, many: str, one: str, field: str, lines: int, version: int = 1) -> str:
    """The text of a function of this many lines; each later version has one line more, near its beginning."""
    chance = random.Random(name)
    body: list[str] = []
    while missing := lines - 4 - len(body):
        block = chance.choice([block for block in _BLOCKS if len(block) <= missing])
        body += [f"    {line.format(many=many, one=one, field=field, n=len(body) + 3)}" for line in block]
    changes = [line.format(many=many, one=one) for _, line in CHANGES[: version - 1]]
    head = [f"def {name}({many}):", f'    """Go through {many} and work out {field}."""', "    total = rest = 0"]
    return "\n".join([*head, *changes, *body, "    return total, rest"])
