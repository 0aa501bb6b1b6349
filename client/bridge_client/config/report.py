"""What is configured, and where each thing comes from; secrets are masked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bridge_client.config.choice import Choice
from bridge_client.config.environment import Environment
from bridge_client.config.keys import Keys, masked
from bridge_client.config.profile import Configuration, read_configuration
from bridge_client.failures import Failure


class Entry(NamedTuple):
    name: str
    value: str
    source: str = ""
    """Where it comes from; "" if that is plain."""

    @property
    def words(self) -> str:
        return f"{self.value} ({self.source})" if self.source else self.value


def report(environment: Environment, choice: Choice) -> list[Entry]:
    """What a question would use. Raises `Failure` for a configuration file that cannot be used; runs no command of it."""
    configuration = read_configuration(environment.profile)
    return [
        Entry("configuration", str(environment.profile), "" if environment.profile.exists() else "does not exist"),
        *_bridge(environment, choice, configuration),
        *_key(environment, configuration),
        Entry("conversations", str(environment.home), "of bridges on this machine"),
        Entry("state", str(environment.state), "the last answer of each session, questions without an answer"),
    ]


def unwritable(environment: Environment) -> Iterator[Failure]:
    """The folders that nothing can be written to, each with what that means."""
    for folder, meaning in ((environment.home, "sessions cannot be stored"), (environment.state, "-c and resume do not work")):
        if not _writable(folder):
            yield Failure("bad_configuration", f"{folder} cannot be written to: {meaning}. Make it yours, or set CLAUDE_BRIDGE_HOME.")


def _writable(folder: Path) -> bool:
    """Whether files can be made in it, or it can be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _bridge(environment: Environment, choice: Choice, configuration: Configuration) -> Iterator[Entry]:
    name = choice.profile or environment.profile_name
    profile = configuration.profiles.get(name) if name else configuration.bridge
    table = f"[profile.{name}]" if name else "[bridge]"
    own_url = "" if choice.profile else environment.url
    if name and profile is None and not (choice.local or choice.stand_in or choice.url or own_url):
        yield Entry("bridge", "none", f"there is no {table}")
        return
    if choice.local or choice.stand_in or not (choice.url or own_url or (profile and profile.url)):
        stand_in = choice.stand_in or environment.stand_in
        yield Entry("bridge", "on this machine", "a stand-in answers" if stand_in else "")
        return
    if choice.url or own_url:
        yield Entry("bridge", choice.url or own_url, "--url" if choice.url else "CLAUDE_BRIDGE_URL")
    elif profile:
        yield Entry("bridge", profile.url, table)
    if environment.token:
        yield Entry("token", masked(environment.token), "CLAUDE_BRIDGE_TOKEN")
    elif profile and not (choice.url or own_url) and (profile.token or profile.token_command):
        yield Entry("token", masked(profile.token) or "by token_command", table)
    else:
        yield Entry("token", "none")


def _key(environment: Environment, configuration: Configuration) -> Iterator[Entry]:
    """The key that a bridge on this machine would have."""
    if environment.address:
        yield Entry("server", environment.address, "ANTHROPIC_BASE_URL")
    if environment.has_key:
        yield Entry("API key", "set", "in the environment")
    elif configuration.key_command and not environment.address:
        yield Entry("API key", "by key_command", "[local]")
    elif key := Keys(environment.keys).get(environment.address):
        yield Entry("API key", masked(key), str(environment.keys))
    else:
        yield Entry("API key", "none")
