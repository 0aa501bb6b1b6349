"""The plugin for Claude Code: its files fit together, and to the program that they run."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest

from bridge_client.mcp.tools import HOOK_TOOLS
from bridge_client.version import VERSION
from system.programs import ROOT

PLUGIN = ROOT / "plugin"
FILES = (".claude-plugin/plugin.json", ".mcp.json", "hooks/hooks.json")
SOURCE = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Source"]


def read(name: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((PLUGIN / name).read_text())
    return fields


MANIFEST, MARKETPLACE = read(".claude-plugin/plugin.json"), read("../.claude-plugin/marketplace.json")
[(SERVER_NAME, SERVER)] = read(".mcp.json")["mcpServers"].items()
HOOKS = {
    f"{event} {group['matcher']}" if "matcher" in group else event: hook
    for event, groups in read("hooks/hooks.json")["hooks"].items()
    for group in groups
    for hook in group["hooks"]
}
AT_START = "SessionStart startup|resume"
CALLING = ("SessionStart compact", "UserPromptSubmit", "Stop")


def test_the_marketplace_offers_the_plugin_from_its_folder() -> None:
    [offer] = MARKETPLACE["plugins"]
    assert offer["name"] == MANIFEST["name"]
    assert (ROOT / offer["source"]).resolve() == PLUGIN.resolve()
    assert offer["description"] == MANIFEST["description"]


def test_the_plugin_has_the_version_of_the_program() -> None:
    assert MANIFEST["version"] == VERSION


def test_the_hooks_name_the_server_as_claude_code_does() -> None:
    called = {event: hook["server"] for event, hook in HOOKS.items() if hook["type"] == "mcp_tool"}
    assert called == dict.fromkeys(CALLING, f"plugin:{MANIFEST['name']}:{SERVER_NAME}")


@pytest.mark.parametrize("event", CALLING)
def test_a_hook_passes_what_claude_code_says_under_its_own_names(event: str) -> None:
    given = HOOKS[event]["input"]
    assert given == {name: f"${{{name}}}" if given[name] else "" for name in given}
    [tool] = [tool for tool in HOOK_TOOLS if tool.name == HOOKS[event]["tool"]]
    schema: dict[str, Any] = dict(tool.schema)
    assert set(given) <= {*schema["properties"], "stop_hook_active"}
    assert set(given) >= set(schema["required"])


def test_a_prompt_waits_for_a_server_that_starts_but_not_long() -> None:
    """The server itself answers within 0.2 s; Claude Code waits for one that is still starting, at most this long."""
    assert 2 < HOOKS["UserPromptSubmit"]["timeout"] <= 5


def test_every_option_reaches_the_program() -> None:
    options = re.findall(r"\$\{user_config\.(\w+)\}", json.dumps(SERVER["env"]))
    assert sorted(options) == sorted(MANIFEST["userConfig"])


def test_the_token_alone_is_a_secret() -> None:
    assert [name for name, option in MANIFEST["userConfig"].items() if option.get("sensitive")] == ["token"]


@pytest.mark.parametrize("name", [*FILES, "README.md", "../.claude-plugin/marketplace.json"])
def test_addresses_are_those_of_the_project(name: str) -> None:
    addresses = re.findall(r"https://[^\s\"\\#)]+", (PLUGIN / name).read_text())
    assert [address for address in addresses if address != SOURCE and not address.startswith(f"{SOURCE}/")] == []


@pytest.mark.parametrize("name", ["README.md", "hooks/hooks.json"])
def test_it_is_installed_from_the_repository_with_the_extra(name: str) -> None:
    assert f"ask-claude[mcp] @ git+{SOURCE}" in (PLUGIN / name).read_text()


def first_hook(path: Path) -> str:
    """What the hook at the start of a session prints, with only `path` to find programs in."""
    command = HOOKS[AT_START]["command"]
    done = subprocess.run(["/bin/sh", "-c", command], env={"PATH": str(path)}, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_one_line_says_how_to_install_a_program_that_is_missing(tmp_path: Path) -> None:
    [(name, line)] = json.loads(first_hook(tmp_path)).items()
    assert name == "systemMessage"
    assert "\n" not in line
    assert f'uv tool install "ask-claude[mcp] @ git+{SOURCE}"' in line


def test_a_program_that_is_there_says_itself_what_is_missing(tmp_path: Path) -> None:
    program = tmp_path / "ask-claude"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    assert first_hook(tmp_path) == "mcp --check\n"


def test_the_line_names_the_extra_where_only_that_is_missing(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    for path in Path(click.__file__).parent.parent.iterdir():
        if not path.name.startswith("mcp"):
            (packages / path.name).symlink_to(path)
    start = f"start(['mcp', '--check'], {{}}, script='ask-claude', root=Path({str(ROOT)!r}))"
    paths = [str(ROOT / "client"), str(packages)]
    code = f"import sys; sys.path += {paths}; from pathlib import Path; from bridge_client.main import start; sys.exit({start})"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=True)
    [(name, line)] = json.loads(done.stdout).items()
    assert name == "systemMessage"
    assert "[mcp]" in line
    assert "\n" not in line + done.stderr


def test_nothing_is_said_where_nothing_is_missing() -> None:
    done = subprocess.run([sys.executable, ROOT / "client" / "ask.py", "mcp", "--check"], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_the_readme_is_long_enough_for_the_directory_of_plugins() -> None:
    assert len((PLUGIN / "README.md").read_text().split()) >= 40


def test_the_icon_is_a_square_png_of_the_size_that_the_directory_wants() -> None:
    icon = (PLUGIN / MANIFEST["icon"]).read_bytes()
    assert icon[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", icon[16:24])
    assert 512 <= width == height <= 2048
    assert len(icon) < 64 * 1024


def test_the_skill_is_short_enough_to_be_offered_whole() -> None:
    text = (PLUGIN / "skills" / "memory" / "SKILL.md").read_text()
    [description] = re.findall(r"^description: (.*)$", text, re.MULTILINE)
    assert len(description) <= 1_536, "Claude Code cuts it there"
    assert re.search(r"^name: memory$", text, re.MULTILINE)
