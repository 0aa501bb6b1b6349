"""What of a long conversation goes along with a question, as the `done` frame tells it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from fakes.bridge_bench import Bench

HOUR = 3_600
MORNING = 1_700_046_000
"""15 November 2023, 11:00 UTC."""


def long_talk(said: dict[int, str], turns: int = 12) -> Bench:
    """A bridge at `MORNING` with a session of one turn an hour up to then, about nothing but what is `said`."""
    exchanges = [
        {
            "context": [
                {"role": "user", "content": said.get(place, f"And then, {place}? {'What a day. ' * 8}")},
                {"role": "assistant", "content": "Well. " * 300},
            ],
            "said_at": MORNING - (turns - 1 - place) * HOUR,
        }
        for place in range(turns)
    ]
    bench = Bench()
    bench.ahead = MORNING + 60 - time.time()
    bench.send({"action": "import", "session_id": "s1", "turns": exchanges})
    return bench


def sent(bench: Bench) -> Any:
    return bench.claude.requests[-1]["messages"][-1]["content"]


def test_done_tells_standing_instructions_from_what_was_recalled() -> None:
    rule = "Always answer me in French."
    bench = long_talk({2: rule})
    done = bench.ask("How far is the moon?")
    assert f"Me: {rule}\n" in sent(bench)
    assert done["context"]["instructions"] == {"characters": len(f"Me: {rule}\n"), "turns": 1}
    assert [rule[one["start"] : one["end"]] for one in done["passages"] if one.get("instruction")] == [rule]
    shares = sum(share["characters"] for share in done["context"].values())
    messages = bench.claude.requests[-1]["messages"]
    assert shares == sum(len(one["content"]) for one in messages[:-1]) + len(sent(bench)) - len("\n\nHow far is the moon?")


@pytest.mark.parametrize(("utc_offset", "is_yesterday"), [(0, False), (-720, True)])
def test_yesterday_is_the_day_before_by_the_clock_of_the_person(utc_offset: int, *, is_yesterday: bool) -> None:
    """At eleven in London it is still the day before on Baker Island, where four in the afternoon of two days ago was yesterday."""
    bench = long_talk({56: "Is the kitchen painted?"}, turns=100)
    bench.ask("What did I ask you yesterday?", utc_offset=utc_offset)
    assert ("Is the kitchen painted?" in sent(bench)) == is_yesterday
