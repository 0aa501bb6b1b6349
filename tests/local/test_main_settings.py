"""The local program's settings come from its environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.settings import BadSetting
from bridge_local.gateway.limits import Limits
from bridge_local.settings import ALWAYS, VARIABLES, WITHOUT_KEY, LocalSettings


def test_empty_environment_means_api_gateways_limits_and_no_claude(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = LocalSettings.of({})
    assert settings.limits == Limits()
    assert (settings.keyless, settings.offline) == (True, False)
    assert settings.sessions == tmp_path / ".local/share/claude-bridge/sessions.db"


@pytest.mark.parametrize(
    ("environment", "stand_in", "offline"),
    [
        ({}, "", False),
        ({}, ALWAYS, True),
        ({}, WITHOUT_KEY, True),
        ({"CLAUDE_BRIDGE_STAND_IN": "1"}, "", True),
        ({"CLAUDE_BRIDGE_STAND_IN": "0"}, "", False),
        ({"ANTHROPIC_API_KEY": "k"}, WITHOUT_KEY, False),
        ({"ANTHROPIC_API_KEY": "k"}, ALWAYS, True),
        ({"ANTHROPIC_API_KEY": "k", "CLAUDE_BRIDGE_STAND_IN": "1"}, "", True),
    ],
    ids=str,
)
def test_the_stand_in_answers_only_where_it_is_asked_for(environment: dict[str, str], stand_in: str, offline: bool) -> None:
    settings = LocalSettings.of({"CLAUDE_BRIDGE_HOME": "/data", **environment}, stand_in)
    assert settings.offline is offline
    assert settings.sessions == Path("/data/sessions-offline.db" if offline else "/data/sessions.db")


@pytest.mark.parametrize(
    ("environment", "home"),
    [
        ({"CLAUDE_BRIDGE_HOME": "/data/bridge", "XDG_DATA_HOME": "/xdg"}, "/data/bridge"),
        ({"CLAUDE_BRIDGE_HOME": "~/bridge"}, "/home/ada/bridge"),
        ({"CLAUDE_BRIDGE_HOME": " ", "XDG_DATA_HOME": "/xdg"}, "/xdg/claude-bridge"),
        ({"XDG_DATA_HOME": "relative"}, "/home/ada/.local/share/claude-bridge"),
    ],
)
def test_home(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], home: str) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert LocalSettings.of(environment).home == Path(home)


def test_relative_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert LocalSettings.of({"CLAUDE_BRIDGE_HOME": "here"}).home == tmp_path / "here"


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"])
def test_a_key_or_an_address_leads_to_claude(name: str) -> None:
    assert not LocalSettings.of({name: "http://127.0.0.1:1"}).keyless
    assert LocalSettings.of({name: "  "}).keyless


def test_limits_of_the_gateway_can_be_set() -> None:
    numbers = dict(zip(VARIABLES[2:], ("1", "2.5", "3", "4", "5", "6"), strict=True))
    assert LocalSettings.of(numbers).limits == Limits(idle=1, lifetime=2.5, integration=3, function=4, rate=5, burst=6)


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "inf", "1e9", "1e-9", "\u0663", "1_0"])
@pytest.mark.parametrize("name", [name for name in VARIABLES if name.endswith("_SECONDS")])
def test_a_time_out_of_bounds_is_refused_with_both_bounds(name: str, text: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        LocalSettings.of({name: text})
    assert str(refusal.value) == f"{name} must be a number of seconds from 0.001 to 1,000,000, not {text!r}."


@pytest.mark.parametrize("text", ["0", "-1", "many", "2.5", "\u00b2", "1000000000", "inf"])
@pytest.mark.parametrize("name", ["GATEWAY_RATE", "GATEWAY_BURST"])
def test_a_number_of_messages_out_of_bounds_is_refused_with_both_bounds(name: str, text: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        LocalSettings.of({name: text})
    assert str(refusal.value) == f"{name} must be a whole number from 1 to 999,999,999, not {text!r}."


def test_bridge_settings_and_proxy_are_read_along() -> None:
    settings = LocalSettings.of({"ANTHROPIC_API_KEY": "k", "CONTEXT_LIMIT": "5000", "HTTPS_PROXY": "http://proxy:3128"})
    assert settings.bridge.context_limit == 5000
    assert settings.proxy is not None
    assert settings.proxy.address == "proxy:3128"


def test_the_stand_in_needs_no_proxy() -> None:
    assert LocalSettings.of({"HTTPS_PROXY": "socks5://proxy:1080"}).proxy is None


def test_own_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_HOME", "/data/own")
    assert LocalSettings.read().home == Path("/data/own")
