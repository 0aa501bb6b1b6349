"""What a chat is filled with: subjects, wishes and the sentences of long replies, with code, lists and tables among them."""

from __future__ import annotations

import random

TOPICS = (
    "budget planning", "load testing", "learning the guitar", "kitchen renovation", "a half marathon", "code review", "secret rotation",
    "a trip to Portugal", "bread baking", "database indexes", "job interviews", "a vegetable garden", "unit testing", "bicycle repair",
    "photo backups", "meal planning", "message queues", "a home office", "language exchange", "feature flags", "house plants",
    "release notes", "train travel", "sleep habits", "cache invalidation", "a birthday dinner", "board games", "error handling",
    "first aid", "time zones", "a reading list", "incident reports", "a camping weekend", "type annotations", "second-hand furniture",
    "container images", "public speaking", "tax returns", "bird watching", "connection pools", "a school project", "strength training",
    "data migration", "watercolours", "rate limiting", "a moving checklist", "coffee brewing", "access control", "volunteering",
    "log rotation", "winter tyres", "a podcast", "search ranking", "sourdough", "status pages", "a choir", "static analysis", "sailing",
    "queue workers", "a wedding speech",
)  # fmt: skip

WISHES = (
    "Give me a short plan for {topic}, please.",
    "What do people usually get wrong about {topic}?",
    "How would you begin with {topic}?",
    "I have an hour today. What is worth doing for {topic}?",
    "Compare two ways of going about {topic}.",
    "Is there a rule of thumb for {topic}?",
    "My colleague asked me about {topic}. How do I explain it?",
    "Let us go on with {topic}.",
    "What changed in {topic} in the last years?",
    "I read something about {topic} and did not understand it. Can you help?",
)

MENTIONS = (
    "{name} wants to know about {topic}. What do I say?",
    "I talked with {name} about {topic} again, and now I live in doubt. Who is right?",
    "How much money and time does {topic} take? It is for {name}.",
    "{name} and I work on {topic}. What is the first thing to do?",
    "Does {topic} drive {name} mad, or is it me?",
)

REPLIES = (
    "With {topic} it helps to decide first what you want to be true in a year, and to work backwards from there.",
    "Most people spend too long on the tools for {topic} and too little on the habit.",
    "A good first step is small enough that you can finish it before lunch and see whether it worked.",
    "Write down what you have today, even if it is a mess: without that you cannot tell later what {topic} has brought.",
    "If somebody else depends on it, agree on who decides, and on how you will notice that something has gone wrong.",
    "The usual advice about {topic} is written for large teams, and little of it matters at your size.",
    "I would keep it simple and look again after two weeks.",
    "There are two schools here: one prepares everything, the other begins at once and repairs. Both work if you stay with them.",
    "It is tempting to combine this with {other}, but each is easier to judge alone.",
    "When in doubt, choose what can be undone.",
    "The cost is rarely the money. It is the attention that {topic} takes from {other}.",
    "You can measure it with a plain list: date, what you did, how long it took, what you would change.",
    "Expect the second week to be the hardest, since the novelty is gone and the results are not there yet.",
    "A checklist beats memory, above all for steps that you do only a few times a year.",
    "Ask somebody who has done {topic} before; an hour with them saves days.",
    "Do not add logging, alerts or reports until you know which question they answer.",
    "If the first version is not slightly embarrassing, you have waited too long with it.",
    "Set a limit before you begin, in hours or in money, and stop when you reach it.",
    "Compare only two options at a time, and write one sentence on why the other lost.",
    "That depends on how often it happens: what comes once a month deserves a note, what comes daily deserves a function.",
    "Remember that {other} has the same shape, so what you learn here you can use there.",
    "The default is usually right, and where it is not you will notice soon.",
    "Take the risky part first, while there is still time to change the plan.",
    "Finally, put a date on it. Plans for {topic} without a date stay plans.",
)

_VERBS = ("collect", "check", "compare", "write down", "order", "try", "measure", "share", "repeat", "cut", "plan", "test")
_THINGS = ("the list", "two examples", "the costs", "the weak spots", "one small change", "the results", "the next date", "the open points")


def steps(topic: str, chance: random.Random) -> str:
    """A numbered list."""
    lines = [f"{number}. {chance.choice(_VERBS).capitalize()} {chance.choice(_THINGS)}." for number in range(1, chance.randint(4, 8))]
    return "\n".join([f"For {topic}:", *lines])


def table(topic: str, chance: random.Random) -> str:
    rows = [
        f"| {chance.choice(_VERBS)} {chance.choice(_THINGS)} | {chance.randint(1, 9)} h | {chance.choice(('low', 'medium', 'high'))} |"
        for _ in range(chance.randint(3, 6))
    ]
    return "\n".join([f"| step in {topic} | effort | risk |", "|---|---|---|", *rows])


def code(topic: str, chance: random.Random) -> str:
    """A few lines that show an idea."""
    name = "_".join(topic.split()[-2:]).replace("-", "_").lower()
    lines = [f"    {chance.choice(('total', 'rest', 'score'))} += {name}[{chance.randint(0, 9)}]" for _ in range(chance.randint(2, 6))]
    return "\n".join(["```python", f"def check_{name}({name}):", "    total = rest = score = 0", *lines, "    return total", "```"])
