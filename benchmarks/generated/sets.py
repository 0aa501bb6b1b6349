"""All generated conversations as data sets, one for each thing they are about."""

from __future__ import annotations

from data_sets import DataSet
from generated import days, follow_ups, functions, instructions, leaning, long_chat, whole_things


def sets() -> list[DataSet]:
    return [
        DataSet("functions", (functions.dialogue(),)),
        DataSet("tables and lists", (whole_things.dialogue(),)),
        DataSet("days", (days.dialogue(),)),
        DataSet("follow-ups", (follow_ups.dialogue(),)),
        DataSet("leaning messages", (leaning.dialogue(),)),
        DataSet("standing instructions", tuple(instructions.dialogues())),
        DataSet("two million characters", (long_chat.dialogue(),)),
    ]
