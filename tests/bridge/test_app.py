"""The table of actions: what it says is what is done, documented and listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.app import ACTIONS, action_of
from bridge.errors import BridgeError
from fakes.bridge_bench import Bench

PROTOCOL = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()


@pytest.mark.parametrize("name", ["rename", "", None, 7, ["query"], {"a": 1}])
def test_an_unknown_action_is_answered_with_all_that_are_known(name: object) -> None:
    with pytest.raises(BridgeError) as raised:
        action_of({"action": name})
    *others, last = ACTIONS
    assert raised.value.message.endswith(f"Known: {', '.join(others)} and {last}.")


def test_the_protocol_describes_exactly_the_actions_there_are() -> None:
    section = PROTOCOL.partition("## Client to bridge\n")[2].partition("\n## ")[0]
    table = re.search(r"^\| action .*?(?=\n\n)", section, re.MULTILINE | re.DOTALL)
    assert table
    assert re.findall(r"^\| `(\w+)` \|", table[0], re.MULTILINE) == list(ACTIONS)


def test_the_turns_of_a_deleted_session_are_removed_before_the_reply(bench: Bench) -> None:
    bench.ask("Hi")
    there: list[int] = []
    bench.connections.on_post = lambda connection_id, frame: there.append(len(bench.store.load("s1", 9).turns))
    bench.send({"action": "delete", "session_id": "s1"})
    assert there == [0]
    assert bench.store.load("s1", 9).turns == ()
