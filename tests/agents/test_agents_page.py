"""docs/agents.md is what the program does: its configurations can be read, its commands and tools are there, its figures are the code's."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import Any

import click
import pytest

from bridge_client.command_line.commands import program
from bridge_client.mcp import hooks, quoting
from bridge_client.mcp.tools import TOOLS
from system.programs import ROOT

PAGE = (ROOT / "docs" / "agents.md").read_text()
TEXT = " ".join(PAGE.split())
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SHELL = [line.partition("  #")[0] for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
INLINE = re.findall(r"`((?:ask-claude|claude|codex) [^`]+)`", PAGE)
MANIFEST = json.loads((ROOT / "plugin" / ".claude-plugin" / "plugin.json").read_text())
BY_NAME = {tool.name: tool for tool in TOOLS}
ENVIRONMENT = re.findall(r'`"env": (\{[^`]+\})`', PAGE)


def servers() -> list[dict[str, Any]]:
    """Each configuration of a server that the page shows."""
    read = {"json": json.loads, "toml": tomllib.loads}
    shown = [read[kind](block) for kind, block in BLOCKS if kind in read and "permissions" not in block]
    return [server for configuration in shown for by_name in configuration.values() for server in by_name.values()]


def test_every_configuration_starts_the_server() -> None:
    assert len(servers()) == 4
    for server in servers():
        assert [server["command"], *server["args"]] == ["ask-claude", "mcp"]
        assert set(server) <= {"type", "command", "args"}


def test_each_agent_has_its_own_key() -> None:
    keys = [next(iter(json.loads(block))) for kind, block in BLOCKS if kind == "json"]
    assert keys == ["permissions", "mcpServers", "mcpServers", "servers"]


def test_what_is_allowed_without_asking_changes_nothing() -> None:
    [allowed] = [json.loads(block)["permissions"]["allow"] for kind, block in BLOCKS if kind == "json" and "permissions" in block]
    prefix = f"mcp__plugin_{MANIFEST['name']}_bridge__"
    assert {name.removeprefix(prefix) for name in allowed} == {tool.name for tool in TOOLS if tool.reads}


def test_the_variables_are_those_of_the_client() -> None:
    [variables] = map(json.loads, ENVIRONMENT)
    assert set(variables) == {"CLAUDE_BRIDGE_URL", "CLAUDE_BRIDGE_TOKEN"}


def commands() -> list[list[str]]:
    """Every command of ours on the page, without the programs that are to run it."""
    lines = [re.sub(r"\bSESSION\b|\.\.\.", "X", line) for line in (*SHELL, *INLINE)]
    split = [shlex.split(line) for line in lines]
    return [words[words.index("ask-claude") :] for words in split if "ask-claude" in words]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_its_commands_are_real(words: list[str]) -> None:
    command = program.commands[words[1]]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    own = words[2 : words.index("--method")] if "--method" in words else words[2:]
    assert [word for word in own if word.startswith("--") and word not in options] == []
    assert isinstance(command, click.Command)


@pytest.mark.parametrize("line", [line for line in SHELL if "inspector" in line])
def test_the_inspector_calls_what_there_is(line: str) -> None:
    words = shlex.split(line)
    if "--tool-name" in words:
        tool = BY_NAME[words[words.index("--tool-name") + 1]]
        given = words[words.index("--tool-arg") + 1].partition("=")[0]
        assert repr(given) in str(tool.schema["properties"])
    assert words[words.index("--method") + 1] in ("tools/list", "tools/call", "resources/list")


def test_every_tool_is_in_the_table() -> None:
    [table] = re.findall(r"\| tool \|.*?\n\n", PAGE, re.DOTALL)
    assert sorted(re.findall(r"`(\w+)`", re.sub(r"\|[^|]*\|$", "", table, flags=re.MULTILINE))) == sorted(BY_NAME)


def test_every_option_of_the_plugin_is_named() -> None:
    [options] = re.findall(r"^Options: .*?Set them", PAGE, re.MULTILINE | re.DOTALL)
    assert re.findall(r"`(\w+)`", options) == list(MANIFEST["userConfig"])


def test_the_plugin_has_the_name_that_is_installed() -> None:
    assert set(re.findall(r"plugin (?:install|disable) ([\w-]+)", PAGE)) == {MANIFEST["name"]}


@pytest.mark.parametrize(
    "figure",
    [
        f"at most {hooks.LONGEST:,} characters of dated quotations",
        f"goes on after {hooks.RECALL_SECONDS} s",
        f"at least {hooks.LEAST} of what the prompt weighs",
        f"of at most {quoting.HISTORY:,} characters",
    ],
)
def test_its_figures_are_those_of_the_code(figure: str) -> None:
    assert figure in TEXT


@pytest.mark.parametrize("name", re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", PAGE))
def test_links_lead_somewhere(name: str) -> None:
    assert (ROOT / "docs" / name).exists()
