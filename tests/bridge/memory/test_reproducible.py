"""The same conversation, message and time: the same bytes are sent, also by another process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import bridge

SCRIPT = """
from bridge.memory.index import ConversationIndex
from bridge.memory.window import choose
from bridge.store.records import Message, Turn
from bridge.turn_ids import turn_id

DAY = 86_400_000
code = "```python\\ndef fly_kite_{0}(wind, line):\\n    return wind * line + {0}\\n```\\n"
asked = (
    "Always answer in English when I ask for kite {0}.",
    "How does kite {0} fly, Zoe?", "Schreib mir kite {0}, bitte.",
    "凧 {0} を作って",
)
pairs = [(asked[n % 4].format(n % 9), "About kites and wind. " * 20 + code.format(n % 5)) for n in range(120)]
turns = [Turn(turn_id(n * DAY), (Message("user", said), Message("assistant", reply)), 0) for n, (said, reply) in enumerate(pairs)]
index = ConversationIndex(turns)
for message in ("What did Zoe and I say of kites on Mar 3 and the wind?", "make it shorter", "And the line?", "凧は?"):
    print(ascii(choose(index, message, 6_000, "Kites.", turns[60].id, now=120 * DAY / 1000, utc_offset=60)))
"""


def chosen(seed: str) -> str:
    folder = str(Path(next(iter(bridge.__path__))).parent)
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": folder}
    return subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.slow
def test_another_process_with_another_hash_seed_sends_the_same_bytes() -> None:
    first = chosen("1")
    assert "<earlier>" in first
    assert first == chosen("2")
