"""docs/protocol.md against the bridge: the exchange it shows, and the fields of `done` that it lists."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from bridge_client.commands.ask import JSON_FIELDS
from fakes.bridge_bench import Bench
from fakes.scripted_claude import says

PROTOCOL = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()
WIRE = Path(__file__).parents[2] / "wire"
INVENTED = ("turn", "answer", "expires_at", "cost_usd")
"""Fields that are another in every run."""


def shown() -> list[list[tuple[str, dict[str, Any]]]]:
    """The blocks of the section, each a list of direction and message."""
    section = PROTOCOL.partition("## An exchange, from start to end\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```\n(.*?)```", section, re.DOTALL)
    return [[(line[0], json.loads(line[2:])) for line in block.splitlines()] for block in blocks]


def exchanged(bench: Bench, block: list[tuple[str, dict[str, Any]]], connection: str) -> list[dict[str, Any]]:
    """What the bridge sends for what the client sends in `block`, a second message once there is text."""
    first, *others = (message for direction, message in block if direction == ">")
    bench.start(first, to=connection)
    for message in others:
        bench.connections.wait_for(connection, "delta")
        bench.send(message, to=connection)
    bench.join()
    frames = bench.connections.frames(connection)
    return sorted(frames, key=lambda frame: frame["type"] == "done")  # `cancelled` may come after the end of what it cancels.


def steady(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The frames with names in place of what is invented each time, the same name for the same value."""
    names: dict[Any, str] = {}
    return [
        {name: names.setdefault(value, f"{name} {len(names)}") if name in INVENTED else value for name, value in frame.items()}
        for frame in frames
    ]


def test_the_exchange_is_what_the_bridge_does() -> None:
    bench = Bench()
    long = says("Once upon a time", model="claude-sonnet-5-5")
    bench.claude.scripts = [says("Hello, Ada.", model="claude-sonnet-5-5"), [*long[:3], threading.Event()]]
    for number, block in enumerate(shown()):
        reported = [message for direction, message in block if direction == "<"]
        assert steady(exchanged(bench, block, f"c{number}")) == steady(reported)
    assert len(bench.claude.requests) == 2


def done_fields() -> set[str]:
    bench = Bench()
    return set(bench.ask("Hi", request_id="r1"))


def test_the_protocol_lists_the_fields_of_done() -> None:
    row = next(line for line in PROTOCOL.splitlines() if line.startswith("| `done` |"))
    assert set(re.findall(r"`(\w+)`", row)) - {"done"} == done_fields() - {"type", "request_id"}


@pytest.mark.parametrize("example", json.loads((WIRE / "done.json").read_text()), ids=lambda example: example["name"])
def test_every_example_of_done_has_all_its_fields(example: dict[str, Any]) -> None:
    assert set(example["frame"]) | {"request_id"} == done_fields()


def test_what_the_client_prints_for_programs_are_all_fields_of_done_but_the_id_of_the_stream() -> None:
    assert set(JSON_FIELDS) == done_fields() - {"type", "answer"}
