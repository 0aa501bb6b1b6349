"""Client tokens and the client's profile: what is shown, what is stored, and where."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from bridge.authorizer import authorize, read_tokens
from bridge_deploy import client_profile
from bridge_deploy.client_profile import Profile
from bridge_deploy.failures import Failure
from bridge_deploy.tokens import TokenFile, entry_for, hash_of, new_token

NOW = 1_750_000_000.0
DAY = 86_400


def test_tokens_are_long_random_and_known_by_their_prefix() -> None:
    tokens = {new_token() for _ in range(20)}
    assert len(tokens) == 20
    assert all(token.startswith("ccb_") and len(token) == 4 + 43 for token in tokens)


def test_the_file_holds_hashes_that_the_authorizer_lets_in(tmp_path: Path) -> None:
    token = new_token()
    file = TokenFile(tmp_path)
    file.add(entry_for(token, "someone", "", NOW))
    text = file.path.read_text()
    assert token not in text
    entries = read_tokens(json.dumps(json.loads(text)["client_tokens"]))[0]
    assert authorize(entries, [("Authorization", f"Bearer {token}")], [], NOW) == "someone"


def test_a_token_expires_after_its_days() -> None:
    assert entry_for("token", "someone", "3", NOW).expires == int(NOW) + 3 * 86_400


@pytest.mark.parametrize("owner", ["", "default", "a b", "ü", "x" * 65])
def test_owners_that_the_authorizer_would_refuse_are_refused_here(owner: str) -> None:
    with pytest.raises(Failure, match="make token OWNER=name"):
        entry_for("token", owner, "", NOW)


@pytest.mark.parametrize("days", ["0", "-1", "soon", "1.5", "9999999", "٣"])
def test_days_that_are_no_days_are_refused(days: str) -> None:
    with pytest.raises(Failure, match="DAYS"):
        entry_for("token", "someone", days, NOW)


def test_after_a_rotation_both_tokens_are_let_in_until_the_old_one_ends(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    for token, owner, days in (("old", "a", ""), ("older", "a", "3"), ("another", "b", "")):
        file.add(entry_for(token, owner, days, NOW))
    assert file.rotate(entry_for("new", "a", "", NOW), int(NOW) + 7 * DAY) == 2
    entries = read_tokens(json.dumps(json.loads(file.path.read_text())["client_tokens"]))[0]
    for token, later in (("new", 10_000), ("old", 6.9), ("older", 2.9), ("another", 10_000)):
        assert authorize(entries, [("Authorization", f"Bearer {token}")], [], NOW + later * DAY)
    for token, later in (("old", 7.1), ("older", 3.1)):
        assert not authorize(entries, [("Authorization", f"Bearer {token}")], [], NOW + later * DAY)


def test_only_a_token_that_is_there_can_be_replaced(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"'a' has no token .* make token OWNER=a$"):
        TokenFile(tmp_path).rotate(entry_for("new", "a", "", NOW), int(NOW))


def test_revoking_an_owner_removes_all_of_theirs_and_no_others(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    for token, owner in (("1", "a"), ("2", "b"), ("3", "a")):
        file.add(entry_for(token, owner, "", NOW))
    assert file.remove_owner("a") == 2
    assert [entry.owner for entry in file.entries()] == ["b"]
    assert file.remove_owner("a") == 0


def test_one_token_can_be_taken_back(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    file.add(entry_for("1", "a", "", NOW))
    file.add(entry_for("2", "a", "", NOW))
    file.remove(hash_of("1"))
    assert [entry.sha256 for entry in file.entries()] == [hash_of("2")]


def test_more_tokens_than_there_is_room_for_are_refused(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    for number in range(25):
        file.add(entry_for(str(number), "x" * 12, "36500", NOW))
    with pytest.raises(Failure, match="no room"):
        fill(file)
    assert 25 < len(file.entries()) < 40


def fill(file: TokenFile) -> None:
    for number in range(100, 200):
        file.add(entry_for(str(number), "someone", "", NOW))


@pytest.mark.parametrize("text", ["{", "[]", '{"client_tokens": [{"owner": "a"}]}', '{"client_tokens": 1}'])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    file = TokenFile(tmp_path)
    file.path.write_text(text)
    with pytest.raises(Failure, match=r"tokens\.auto\.tfvars\.json"):
        file.entries()


PROFILE = Profile("claude-context", "wss://abc.execute-api.eu-central-1.amazonaws.com/prod", "ccb_token")


def test_the_profile_is_toml_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "claude-bridge" / "config.toml"
    client_profile.write(path, PROFILE)
    assert tomllib.loads(path.read_text()) == {"bridge": {"stack": PROFILE.stack, "url": PROFILE.url, "token": PROFILE.token}}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert client_profile.read(path) == PROFILE


def test_what_else_is_in_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('colour = "off" # mine\n\n[bridge]\nurl = "ws://old"\n\n[other]\nx = 1\n')
    client_profile.write(path, PROFILE)
    assert tomllib.loads(path.read_text())["other"] == {"x": 1}
    assert path.read_text().startswith('colour = "off" # mine\n')
    assert client_profile.read(path) == PROFILE
    client_profile.remove(path)
    assert tomllib.loads(path.read_text()) == {"colour": "off", "other": {"x": 1}}


def test_removing_the_only_entry_removes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    client_profile.write(path, PROFILE)
    client_profile.remove(path)
    assert not path.exists()
    client_profile.remove(path)


def test_no_file_and_no_entry_are_no_profile(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert client_profile.read(path) is None
    path.write_text("x = 1\n")
    assert client_profile.read(path) is None


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("= nothing")
    with pytest.raises(Failure, match=r"config\.toml"):
        client_profile.read(path)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [({}, "home/.config"), ({"XDG_CONFIG_HOME": "/etc/xdg"}, "/etc/xdg"), ({"XDG_CONFIG_HOME": "relative"}, "home/.config")],
    ids=["unset", "absolute", "relative: ignored"],
)
def test_where_the_profile_lies(environment: dict[str, str], expected: str) -> None:
    assert client_profile.path_of(environment, Path("home")) == Path(expected, "claude-bridge", "config.toml")
