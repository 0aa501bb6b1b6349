"""`ask.py doctor` and `ask.py config`: what is configured, what works, and what to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge_client.commands.doctor import doctor
from bridge_client.config.environment import Environment
from bridge_client.config.keys import Keys
from bridge_client.config.report import unwritable
from client.bench import Bench
from client.conftest import Run
from client.scripted_bridge import Connection, Refuse, ScriptedBridge, reply

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SECRET = "abcdefghijklmnopqrstuvwxyz"


def examined(run: Run, connection: Connection, *options: str, **variables: str) -> tuple[int, str, str]:
    with ScriptedBridge([connection]).running() as bridge:
        return run("doctor", *options, "--url", bridge.url, variables=variables)


def rows(stdout: str) -> dict[str, tuple[str, str]]:
    lines = [line.split("\t") for line in stdout.splitlines()]
    return {line[0]: (line[1], line[2] if len(line) > 2 else "") for line in lines}


def test_all_parts_are_named(run: Run) -> None:
    code, stdout, stderr = examined(run, [reply("ping", "all is well")], CLAUDE_BRIDGE_TOKEN=SECRET)
    shown = rows(stdout)
    assert (code, stderr) == (0, "All is well.\n")
    assert {"program", "configuration", "bridge", "conversations", "version", "handshake", "store", "clock"} <= set(shown)
    assert shown["token"] == ("ok", "accepted")
    assert shown["model"] == ("ok", "claude-sonnet-5-5 (anthropic), 181.0 ms")
    assert SECRET not in stdout


def test_what_does_not_work_is_reported_with_what_to_do(run: Run) -> None:
    code, stdout, stderr = examined(run, [reply("ping", "nothing works")])
    assert (code, rows(stdout)["store"][0]) == (7, "failed")
    assert "The conversation store did not answer. Try again." in stderr
    assert "Set CLAUDE_MODEL to a current one." in stderr


@pytest.mark.parametrize(("refused", "part", "exit_code"), [(403, "token", 4), (404, "bridge", 7)])
def test_a_bridge_that_does_not_let_us_in(run: Run, refused: int, part: str, exit_code: int) -> None:
    code, stdout, stderr = examined(run, Refuse(refused))
    assert (code, rows(stdout)[part][0]) == (exit_code, "failed")
    assert stderr


def test_a_configuration_that_cannot_be_read_is_reported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "claude-bridge").mkdir()
    (tmp_path / "claude-bridge" / "config.toml").write_text("[brige]\n")
    (tmp_path / "claude-bridge" / "config.toml").chmod(0o600)
    code, stdout, stderr = run("doctor", variables={"XDG_CONFIG_HOME": str(tmp_path)})
    assert (code, rows(stdout)["configuration"][0]) == (2, "failed")
    assert "unknown table or value: brige" in stderr
    code, _, stderr = run("config", "show", variables={"XDG_CONFIG_HOME": str(tmp_path)})
    assert (code, "brige" in stderr) == (2, True)


def test_a_diagnosis_as_json(run: Run) -> None:
    code, stdout, stderr = examined(run, [reply("ping", "nothing works")], "--json")
    printed = json.loads(stdout)
    assert (code, printed["ok"], stderr) == (7, False, "")
    [store] = [check for check in printed["checks"] if check["part"] == "store"]
    assert set(store) == {"part", "result", "detail", "error", "code", "advice"}


@pytest.mark.parametrize(
    ("date", "words"), [("Sun, 01 Nov 2026 12:10:00 GMT", "10 min behind"), ("Sun, 01 Nov 2026 11:00:00 GMT", "1 h 0 min ahead of")]
)
def test_a_clock_that_is_off_is_reported(date: str, words: str) -> None:
    with ScriptedBridge([[reply("ping", "all is well")]], date=date).running() as bridge:
        bench = Bench(bridge.url, terminal=True)
        assert doctor(bench.client(), [("program", "x")], [], NOW, as_json=False) == 7
    assert f"This machine's clock is {words} the bridge's." in " ".join(bench.said.split())
    assert "handshake" in bench.shown


def test_folders_that_cannot_be_used_are_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environment = Environment.of({"CLAUDE_BRIDGE_HOME": str(tmp_path / "file" / "home")})
    assert [failure.code for failure in unwritable(environment)] == ["bad_configuration"] * 2
    assert not list(unwritable(Environment.of({"CLAUDE_BRIDGE_HOME": str(tmp_path / "new" / "home")})))


def shown(run: Run, *options: str, **variables: str) -> dict[str, dict[str, str]]:
    code, stdout, _ = run("config", "show", "--json", *options, variables=variables)
    assert code == 0
    printed: dict[str, dict[str, str]] = json.loads(stdout)
    return printed


def test_the_configuration_says_where_it_comes_from(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "claude-bridge"
    folder.mkdir()
    (folder / "config.toml").write_text(f'[bridge]\nurl = "wss://a"\ntoken = "{SECRET}"\n[profile.work]\nurl = "wss://b"\n')
    (folder / "config.toml").chmod(0o600)
    Keys(folder / "keys.json").set(SECRET)
    here = {"XDG_CONFIG_HOME": str(tmp_path)}
    printed = shown(run, **here)
    assert (printed["bridge"]["value"], printed["bridge"]["source"]) == ("wss://a", "[bridge]")
    assert (printed["token"]["value"], printed["API key"]["value"]) == ("abcdefg...wxyz", "abcdefg...wxyz")
    assert shown(run, "--profile", "work", **here)["bridge"]["source"] == "[profile.work]"
    assert shown(run, "--local", **here)["bridge"]["value"] == "on this machine"
    assert shown(run, **here, CLAUDE_BRIDGE_URL="wss://c")["bridge"]["source"] == "CLAUDE_BRIDGE_URL"
    assert shown(run, **here, ANTHROPIC_API_KEY="x")["API key"]["value"] == "set"
    assert shown(run, **here, ANTHROPIC_BASE_URL="http://h")["server"]["value"] == "http://h"


def test_commands_that_print_secrets_are_not_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "claude-bridge").mkdir()
    file = tmp_path / "claude-bridge" / "config.toml"
    file.write_text('[bridge]\nurl = "wss://a"\ntoken_command = "false"\n[local]\nkey_command = "false"\n')
    file.chmod(0o600)
    printed = shown(run, XDG_CONFIG_HOME=str(tmp_path))
    assert (printed["token"]["value"], printed["API key"]["value"]) == ("by token_command", "by key_command")


def test_options_may_come_before_both_words_of_a_command(run: Run) -> None:
    code, stdout, _ = run("--url", "ws://127.0.0.1:1", "config", "show")
    assert (code, "ws://127.0.0.1:1 (--url)" in stdout) == (0, True)
    assert run("--base-url", "http://127.0.0.1:1", "keys", "remove")[0] == 2


def test_the_configuration_is_shown_in_lines(run: Run, tmp_path: Path) -> None:
    assert run("config", "path")[1] == f"{tmp_path}/no-config/claude-bridge/config.toml\n"
    assert "bridge         on this machine\n" in run("config", "show")[1]


def test_a_profile_that_does_not_exist_is_no_bridge_on_this_machine(run: Run) -> None:
    _, stdout, _ = run("--profile", "nope", "config", "show")
    assert "bridge         none (there is no [profile.nope])\n" in stdout
