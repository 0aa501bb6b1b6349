"""API keys: stored where only their owner can read them, and sent to the server that they are for."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge_client.config.keys import Keys, masked
from bridge_client.failures import Failure
from client.conftest import Run

KEY = "sk-test-0123456789abcdefghij"
RUN = """
import json, os, sys
open(os.environ["FILE_OF_TEST"], "w").write(os.environ.get("ANTHROPIC_API_KEY", "none"))
print(json.dumps({"url": "ws://127.0.0.1:1", "stand_in": False}), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def key_given(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The key that a bridge on this machine finds in its environment when the client is run like this."""
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "run.py").write_text(RUN)
    monkeypatch.setenv("FILE_OF_TEST", str(tmp_path / "key"))

    def key_given(*arguments: str, **variables: str) -> str:
        result = {"XDG_CONFIG_HOME": str(tmp_path), "CLAUDE_BRIDGE_HOME": str(tmp_path / "home"), **variables}
        run(*(arguments or ("Hi",)), variables=result, root=tmp_path)
        return (tmp_path / "key").read_text()

    return key_given


def set_key(run: Run, tmp_path: Path, *arguments: str, key: str = KEY) -> tuple[int, str, str]:
    return run("keys", "set", *arguments, variables={"XDG_CONFIG_HOME": str(tmp_path)}, stdin=f"{key}\n".encode())


@pytest.mark.slow
def test_a_stored_key_reaches_the_bridge_and_nobody_else_can_read_it(run: Run, tmp_path: Path, key_given: Callable[..., str]) -> None:
    code, stdout, stderr = set_key(run, tmp_path)
    path = tmp_path / "claude-bridge" / "keys.json"
    assert (code, stdout, stderr) == (0, "", f"The key for https://api.anthropic.com is stored in {path}.\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key_given() == KEY


@pytest.mark.slow
def test_a_key_is_sent_to_its_own_server_only(run: Run, tmp_path: Path, key_given: Callable[..., str]) -> None:
    set_key(run, tmp_path)
    assert key_given(ANTHROPIC_BASE_URL="https://other.example") == "none"
    set_key(run, tmp_path, "--base-url", "https://other.example/", key=KEY.upper())
    assert key_given(ANTHROPIC_BASE_URL="https://other.example") == KEY.upper()


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{"ANTHROPIC_API_KEY": "x"}, {"CLAUDE_PROVIDER": "bedrock"}], ids=str)
def test_what_the_environment_says_comes_first(run: Run, tmp_path: Path, key_given: Callable[..., str], variables: dict[str, str]) -> None:
    set_key(run, tmp_path)
    assert key_given(**variables) == "none"


@pytest.mark.slow
def test_a_command_gives_the_key_where_claude_is_asked(tmp_path: Path, key_given: Callable[..., str]) -> None:
    (tmp_path / "claude-bridge").mkdir()
    (tmp_path / "claude-bridge" / "config.toml").write_text(f'[local]\nkey_command = "echo {KEY}"\n')
    (tmp_path / "claude-bridge" / "config.toml").chmod(0o600)
    assert key_given() == KEY
    assert key_given("ping") == KEY
    assert key_given("sessions") == "none"
    assert key_given(ANTHROPIC_BASE_URL="https://other.example") == "none"


@pytest.mark.slow
def test_the_stand_in_is_given_no_key(run: Run, tmp_path: Path, key_given: Callable[..., str]) -> None:
    set_key(run, tmp_path)
    assert key_given("--stand-in", "Hi") == "none"


def test_keys_are_listed_without_being_shown_and_removed(run: Run, tmp_path: Path) -> None:
    variables = {"XDG_CONFIG_HOME": str(tmp_path)}
    set_key(run, tmp_path)
    assert run("keys", "list", variables=variables)[1] == "https://api.anthropic.com\tsk-test...ghij\n"
    assert run("keys", "remove", variables=variables)[0] == 0
    assert run("keys", "list", variables=variables)[2] == "No key is stored.\n"
    assert run("keys", "remove", variables=variables)[0] == 2


@pytest.mark.parametrize("key", ["", "short", "two words of it", "kéy-kéy-kéy"])
def test_what_is_not_a_key_is_not_stored(run: Run, tmp_path: Path, key: str) -> None:
    code, _, stderr = set_key(run, tmp_path, key=key)
    assert (code, stderr.startswith("That is not an API key:")) == (2, True)
    assert not (tmp_path / "claude-bridge" / "keys.json").exists()


@pytest.mark.parametrize(("text", "mode"), [("{", 0o600), ("[]", 0o600), ('{"a": 1}', 0o600), ("{}", 0o644)], ids=str)
def test_a_file_of_keys_that_cannot_be_used_is_one_line(tmp_path: Path, text: str, mode: int) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(Failure) as failed:
        Keys(path).get()
    assert failed.value.code == "bad_configuration"


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match="cannot be written"):
        Keys(tmp_path / "file" / "keys.json").set(KEY)


def test_a_masked_key_is_no_key() -> None:
    assert masked(KEY) == "sk-test...ghij"
    assert masked("short") == "..."
    assert json.dumps(masked("")) == '""'


def test_keys_without_a_command_lists_them(run: Run) -> None:
    code, stdout, stderr = run("keys")
    assert (code, stdout) == (2, "")
    assert "  set " in stderr
