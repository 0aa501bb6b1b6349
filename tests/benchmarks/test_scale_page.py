"""docs/scale.md and its drawing are what `make scale` makes, and its arithmetic is that of the rest of the handbook."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scale import fill, tables
from scale_model import USE, USERS, Use, limits, month, posts, price, step
from scale_plot import svg

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "scale.md").read_text("utf-8")
MEASURED = json.loads((DOCS / "scale.json").read_text("utf-8"))


def test_the_page_has_the_tables_of_the_command() -> None:
    made = tables(MEASURED)
    assert fill(PAGE, made) == PAGE
    assert all(f"<!-- {name} -->\n{table}\n<!-- end -->" in PAGE for name, table in made.items())


def test_the_drawing_is_that_of_the_command() -> None:
    assert (DOCS / "scale.svg").read_text("utf-8") == svg()
    assert len(ElementTree.fromstring(svg()).findall(".//{*}rect[@class='first']")) == len(limits()) + 1


def test_a_question_costs_what_the_handbook_says() -> None:
    handbook = (DOCS / "operations.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| ([\w ,]+?)(?: \(.*?\))? \|.*\| ([\d.]+)(?: to [\d.]+)? \|$", handbook, re.MULTILINE))
    parts = price()
    for name, part in {"Claude": parts.claude, "the summary after it": parts.summary, "API Gateway, messages": parts.messages}.items():
        assert float(rows[name]) == pytest.approx(part, abs=0.00001), name
    together = re.search(r"\| \*\*together\*\* \|.*\| \*\*([\d.]+)\*\* \|", handbook)
    assert together
    assert sum(parts) == pytest.approx(float(together[1]), abs=0.0002)
    assert round(posts(USE.seconds)) == pytest.approx(110, abs=3)


def test_limits_are_met_in_the_order_that_the_page_tells() -> None:
    assert [limit.name for limit in limits()][:3] == [
        "client tokens",
        "concurrent executions, new account",
        "Claude, output tokens a minute",
    ]
    last_to_be_met = {limit.name for limit in limits() if limit.users > 90_000}
    assert {"DynamoDB, writes a second", "DynamoDB, reads a second", "API Gateway, requests a second"} <= last_to_be_met
    assert all(month(users).claude / (month(users).claude + month(users).aws) > 0.98 for users in USERS)


def test_what_is_met_by_a_step_is_what_it_needs_more_of_than_there_is() -> None:
    for users in USERS:
        for limit in limits():
            assert (limit.name in step(users).met) == (users * limit.need > limit.default), (users, limit.name)


def test_twice_as_long_answers_need_twice_the_executions_and_nothing_else_doubles() -> None:
    slow = Use(seconds=2 * USE.seconds)
    assert step(1000, slow).at_once == 2 * step(1000).at_once
    assert step(1000, slow).writes == step(1000).writes
    assert step(1000, slow).requests < 2 * step(1000).requests


def test_the_throttle_is_the_default_of_terraform() -> None:
    block = (ROOT / "terraform" / "variables.tf").read_text("utf-8").partition('variable "throttling_rate"')[2]
    default = re.search(r"default\s+= (\d+)", block)
    assert default
    assert {limit.default for limit in limits() if limit.name.startswith("the stage's throttle")} == {float(default[1])}


def test_the_lower_end_was_measured_and_is_what_was_expected() -> None:
    rows = {row["clients"]: row for row in MEASURED["rows"]}
    assert list(rows) == [1, 10, 100, 500]
    for clients in (1, 10):
        assert max(rows[clients]["a_second"]) == pytest.approx(rows[clients]["expected_a_second"], rel=0.15)
        assert max(rows[clients]["frames"]) == pytest.approx(rows[clients]["expected_frames"], rel=0.1)
    assert all(len(row["a_second"]) >= 3 for row in rows.values())
