"""The token: where it comes from, where it goes, and that nobody else sees it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge_client.config.choice import Choice
from bridge_client.config.destination import Destination, choose
from bridge_client.config.environment import Environment
from bridge_client.config.profile import Configuration, Profile, read_configuration
from client.conftest import Run
from client.scripted_bridge import Close, Redirect, Refuse, ScriptedBridge, accepted, delta, done

ANSWER = [accepted(), delta("Hello"), done()]
TOKEN = "s3cr3t-of-the-environment"
OTHER = "s3cr3t-of-the-profile"

Write = Callable[..., dict[str, str]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a profile; returns the variables under which it is found."""

    def write(text: str, mode: int = 0o600) -> dict[str, str]:
        path = tmp_path / "claude-bridge" / "config.toml"
        path.parent.mkdir()
        path.write_text(text)
        path.chmod(mode)
        return {"XDG_CONFIG_HOME": str(tmp_path)}

    return write


def bearer(token: str) -> list[list[str]]:
    return [[f"Bearer {token}"]]


@pytest.mark.parametrize("by", ["option", "variable", "profile"])
def test_the_token_of_the_environment_goes_to_whichever_bridge_is_used(run: Run, write: Write, by: str) -> None:
    with ScriptedBridge([ANSWER]).running() as bridge:
        profile = write(f'[bridge]\nurl = "{bridge.url}"\ntoken = "{OTHER}"\n') if by == "profile" else {}
        variables = {"CLAUDE_BRIDGE_TOKEN": TOKEN, **profile, **({"CLAUDE_BRIDGE_URL": bridge.url} if by == "variable" else {})}
        code, stdout, _ = run("Hi", *(["--url", bridge.url] if by == "option" else []), variables=variables)
    assert (code, stdout) == (0, "Hello\n")
    assert bridge.authorization == bearer(TOKEN)


def test_the_profiles_token_goes_to_the_profiles_bridge(run: Run, write: Write) -> None:
    with ScriptedBridge([ANSWER]).running() as bridge:
        code, _, stderr = run("Hi", variables=write(f'[bridge]\nurl = "{bridge.url}"\ntoken = "{OTHER}"\nstack = "mine"\n'))
    assert code == 0
    assert bridge.authorization == bearer(OTHER)
    assert OTHER not in stderr


@pytest.mark.parametrize("by", ["option", "variable"])
def test_the_profiles_token_goes_nowhere_else(run: Run, write: Write, by: str) -> None:
    with ScriptedBridge([ANSWER]).running() as bridge:
        variables = {
            **write(f'[bridge]\nurl = "wss://bridge.example"\ntoken = "{OTHER}"'),
            "CLAUDE_BRIDGE_URL": bridge.url if by == "variable" else "",
        }
        run("Hi", *(["--url", bridge.url] if by == "option" else []), variables=variables)
    assert bridge.authorization == [[]]


def test_our_own_bridge_gets_no_token(run: Run, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "local").mkdir()
    started = 'import os, sys\nprint(\'{"url": "%s", "stand_in": false}\' % os.environ["TEST_URL"], flush=True)\nsys.stdin.read()\n'
    (tmp_path / "local" / "run.py").write_text(started)
    variables = {
        **write(f'[bridge]\nurl = "wss://bridge.example"\ntoken = "{OTHER}"'),
        "CLAUDE_BRIDGE_TOKEN": TOKEN,
        "CLAUDE_BRIDGE_HOME": str(tmp_path),
    }
    with ScriptedBridge([ANSWER, ANSWER]).running() as bridge:
        monkeypatch.setenv("TEST_URL", bridge.url)
        assert run("Hi", "--local", variables=variables, root=tmp_path)[0] == 0
        assert run("Hi", variables={**variables, "XDG_CONFIG_HOME": str(tmp_path / "none")}, root=tmp_path)[0] == 0
    assert bridge.authorization == [[], []]


BAD_PROFILES = [
    ("others can read it", '[bridge]\nurl = "wss://b.example"', 0o644, "Run: chmod 600 "),
    ("the group can read it", '[bridge]\nurl = "wss://b.example"', 0o640, "Run: chmod 600 "),
    ("others can change it", '[bridge]\nurl = "wss://b.example"', 0o602, "Run: chmod 600 "),
    ("not TOML", f"token: {OTHER}", 0o600, "is not valid TOML (at line 1, column 6). A bridge is three lines: "),
    ("not UTF-8", "token = '\udcff'", 0o600, "is not valid TOML. A bridge is three lines: "),
    ("nested deeply", "a = " + "[" * 10_000, 0o600, "is not valid TOML. A bridge is three lines: "),
    ("a token without a URL", f'[bridge]\ntoken = "{OTHER}"', 0o600, "has a token without a bridge: [bridge] needs url"),
    ("a number for a token", '[bridge]\nurl = "wss://b.example"\ntoken = 7', 0o600, "has token without quotes. A bridge is three lines: "),
    ("a table for a URL", f'bridge = "{OTHER}"', 0o600, "has bridge as a value; it is a table: [bridge]"),
    (
        "a URL outside of a table",
        f'url = "wss://b.example"\ntoken = "{OTHER}"',
        0o600,
        "outside of a table. Write [bridge] on the line above it.",
    ),
    (
        "a misspelt table",
        f'[brige]\nurl = "wss://b.example"\ntoken = "{OTHER}"',
        0o600,
        "has an unknown table or value: brige. Known: [bridge]",
    ),
    (
        "an unknown value",
        f'[bridge]\nurl = "wss://b.example"\ntokn = "{OTHER}"',
        0o600,
        "has an unknown value in [bridge]: tokn. Known: ",
    ),
    ("an unknown value of another", '[profile.work]\nurk = "wss://b.example"', 0o600, "has an unknown value in [profile.work]: urk."),
    ("an unknown value of the local one", '[local]\nkey = "x"', 0o600, "has an unknown value in [local]: key."),
    ("a command that is none", '[bridge]\nurl = "wss://b.example"\ntoken_command = 7', 0o600, "has a token_command that is not a command"),
    ("a command that cannot be split", '[local]\nkey_command = "a \'b"', 0o600, "has a key_command that is not a command"),
    ("two tokens", f'[bridge]\nurl = "wss://b.example"\ntoken = "{OTHER}"\ntoken_command = "pass"', 0o600, "has two tokens in [bridge]"),
]


@pytest.mark.parametrize(("text", "mode", "words"), [case[1:] for case in BAD_PROFILES], ids=[case[0] for case in BAD_PROFILES])
def test_a_profile_that_cannot_be_used_is_one_line(run: Run, write: Write, tmp_path: Path, text: str, mode: int, words: str) -> None:
    variables = write("", mode)
    path = tmp_path / "claude-bridge" / "config.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    code, stdout, stderr = run("Hi", variables=variables)
    assert (code, stdout, stderr.count("\n")) == (2, "", 1)
    assert words in stderr
    assert str(path) in stderr
    assert OTHER not in stderr


def test_a_profile_that_cannot_be_read_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "claude-bridge" / "config.toml").mkdir(parents=True)
    code, _, stderr = run("Hi", variables={"XDG_CONFIG_HOME": str(tmp_path)})
    assert (code, stderr) == (2, f"{tmp_path}/claude-bridge/config.toml cannot be read: is a directory.\n")


def test_a_profile_of_somebody_else_is_one_line(run: Run, write: Write, tmp_path: Path) -> None:
    variables = write('[bridge]\nurl = "wss://b.example"')
    path = tmp_path / "claude-bridge" / "config.toml"
    if os.getuid() == 0:
        os.chown(path, 65534, 65534)
    else:
        path.unlink()
        path.symlink_to("/etc/hosts")
    code, _, stderr = run("Hi", variables=variables)
    assert code == 2
    assert stderr.startswith(f"{path} belongs to another user.")


def test_a_bad_profile_troubles_nobody_who_does_not_use_it(run: Run, write: Write) -> None:
    with ScriptedBridge([ANSWER]).running() as bridge:
        assert run("Hi", "--url", bridge.url, variables=write("?", 0o644))[0] == 0


def test_an_error_of_the_profile_as_json(run: Run, write: Write) -> None:
    code, stdout, _ = run("Hi", "--json", variables=write("?"))
    assert code == 2
    assert '"code": "bad_configuration"' in stdout


def test_without_a_profile_there_is_none(tmp_path: Path) -> None:
    assert read_configuration(tmp_path / "none" / "config.toml") == Configuration()
    (tmp_path / "file").touch()
    assert read_configuration(tmp_path / "file" / "config.toml") == Configuration()
    assert choose(Environment.of({"XDG_CONFIG_HOME": str(tmp_path), "CLAUDE_BRIDGE_TOKEN": TOKEN}), Choice()) is None


def test_the_profile_lies_where_xdg_says() -> None:
    home = Path.home() / ".config" / "claude-bridge" / "config.toml"
    assert Environment.of({"XDG_CONFIG_HOME": "/c"}).profile == Path("/c/claude-bridge/config.toml")
    assert Environment.of({"XDG_CONFIG_HOME": "relative"}).profile == home
    assert Environment.of({}).profile == home


@pytest.mark.parametrize("url", ["ws://bridge.example", "WS://192.168.1.7:8765", "ws://localhost.example", "ws://127.0.0.1.example/"])
def test_a_token_is_not_sent_unencrypted(run: Run, url: str) -> None:
    code, stdout, stderr = run("Hi", "--url", url, variables={"CLAUDE_BRIDGE_TOKEN": TOKEN})
    assert (code, stdout) == (2, "")
    assert stderr == f"A token is not sent unencrypted. Use wss:// instead of ws://: {url}\n"


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1", "ws://localhost:1", "ws://[::1]:1", "wss://bridge.example", "WSS://bridge.example"])
def test_a_token_may_go_to_our_own_machine_and_over_tls(url: str) -> None:
    Destination(url, TOKEN).check()


@pytest.mark.parametrize(
    "token", ["two words", "line\nX-Header: 1", "w\u00f6rd", "x" * 4097], ids=["space", "line end", "not ASCII", "long"]
)
def test_a_token_that_is_none_is_not_sent(run: Run, token: str) -> None:
    code, _, stderr = run("Hi", "--url", "ws://127.0.0.1:1", variables={"CLAUDE_BRIDGE_TOKEN": token, "CLAUDE_BRIDGE_DEBUG": "1"})
    assert (code, stderr) == (2, "The token contains characters that no token has. Copy it again, as one word.\n")


@pytest.mark.parametrize("url", [f"ws://me:{TOKEN}@127.0.0.1:1", f"ws://127.0.0.1:1/?token={TOKEN}", f"http://[::1/?token={TOKEN}"])
def test_a_secret_in_a_url_is_refused_and_not_repeated(run: Run, url: str) -> None:
    code, stdout, stderr = run("Hi", "--json", "--url", url)
    assert code == 2
    assert "Set CLAUDE_BRIDGE_TOKEN." in stderr
    assert TOKEN not in stdout + stderr


def test_there_is_no_option_for_a_token(run: Run) -> None:
    code, _, stderr = run("Hi", "--token", TOKEN)
    assert (code, "No such option" in stderr) == (2, True)


def test_a_redirect_to_another_host_goes_without_the_token(run: Run) -> None:
    with ScriptedBridge([ANSWER]).running() as other, ScriptedBridge([Redirect(other.url)]).running() as bridge:
        run("Hi", "--url", bridge.url, variables={"CLAUDE_BRIDGE_TOKEN": TOKEN})
    assert (bridge.authorization, other.authorization) == (bearer(TOKEN), [[]])


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("token", "words"),
    [(TOKEN, "the token is wrong, has expired or was revoked."), ("", "it admits only clients with a token.")],
    ids=["with a token", "without one"],
)
def test_a_refusal_says_what_to_do(run: Run, status: int, token: str, words: str) -> None:
    with ScriptedBridge([Refuse(status)]).running() as bridge:
        code, _, stderr = run("Hi", "--url", bridge.url, variables={"CLAUDE_BRIDGE_TOKEN": token})
    assert code == 4
    assert f"refused the connection ({status}): {words} Ask whoever runs the bridge for a token and set CLAUDE_BRIDGE_TOKEN" in stderr


@pytest.mark.slow
@pytest.mark.parametrize("json", [[], ["--json"]], ids=["text", "JSON"])
@pytest.mark.parametrize("connections", [[ANSWER], [Refuse(401)], [Refuse(404)], [[Close(1009)]], []], ids=str)
def test_a_token_is_never_printed(run: Run, json: list[str], connections: list[object]) -> None:
    with ScriptedBridge(connections).running() as bridge:  # type: ignore[arg-type]
        url = bridge.url if connections else "ws://127.0.0.1:1"
        _, stdout, stderr = run("Hi", *json, "--url", url, variables={"CLAUDE_BRIDGE_TOKEN": TOKEN, "CLAUDE_BRIDGE_DEBUG": "1"})
    assert TOKEN not in stdout + stderr


def test_a_token_is_in_no_representation() -> None:
    environment = Environment.of({"CLAUDE_BRIDGE_TOKEN": TOKEN, "CLAUDE_BRIDGE_URL": "wss://b.example"})
    assert TOKEN not in f"{environment!r} {choose(environment, Choice())!r} {Profile('wss://b.example', TOKEN)!r}"


PROFILES = """
[bridge]
url = "{url}"
[profile.work]
url = "{work}"
token_command = "sh -c 'echo {token}; echo second line'"
"""


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_profile_is_named_and_its_command_gives_the_token(run: Run, write: Write, by: str) -> None:
    with ScriptedBridge([]).running() as bridge, ScriptedBridge([ANSWER]).running() as work:
        variables = write(PROFILES.format(url=bridge.url, work=work.url, token=OTHER))
        options = ["--profile", "work"] if by == "option" else []
        code, _, stderr = run("Hi", *options, variables={**variables, "CLAUDE_BRIDGE_PROFILE": "work" if by == "variable" else ""})
    assert code == 0
    assert work.authorization == bearer(OTHER)
    assert OTHER not in stderr
    assert ("--profile work -c" in stderr) is (by == "option")


def test_a_profile_that_is_not_there_names_those_that_are(run: Run, write: Write) -> None:
    code, _, stderr = run("Hi", "--profile", "wrok", variables=write(PROFILES.format(url="wss://a", work="wss://b", token=OTHER)))
    assert code == 2
    assert "has no profile wrok: write [profile.wrok]" in stderr
    assert "It has work." in stderr


@pytest.mark.parametrize(
    ("command", "words"),
    [("no-such-program-here", "no such file or directory"), ("false", "it ended with 1"), ("true", "it printed nothing")],
)
def test_a_command_for_the_token_that_fails_is_one_line(run: Run, write: Write, command: str, words: str) -> None:
    profile = f'[bridge]\nurl = "wss://b.example"\ntoken_command = ["{command}"]\n'
    code, _, stderr = run("Hi", variables=write(profile))
    assert (code, stderr) == (2, f"The token_command {command} failed: {words}.\n")


@pytest.mark.parametrize("options", ["--profile x --url ws://a", "--profile x --local", "--url ws://a --stand-in"])
def test_two_bridges_are_bad_usage(run: Run, options: str) -> None:
    assert "exclude each other" in run("Hi", *options.split())[2]
