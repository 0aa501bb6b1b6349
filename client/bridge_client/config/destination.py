"""Where the bridge is, and the token for it. A token goes to the place its URL came from, and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bridge_client.config.choice import Choice
from bridge_client.config.environment import Environment
from bridge_client.config.profile import Configuration, Profile, bad, read_configuration
from bridge_client.config.secret_command import secret_of
from bridge_client.failures import Failure
from bridge_client.protocol.url import check_url, is_loopback

_TOKEN = re.compile(r"[!-~]{1,4096}")


@dataclass(frozen=True, slots=True)
class Destination:
    url: str
    token: str = field(default="", repr=False)
    """ "": the handshake carries none."""

    def check(self) -> None:
        """Raises `Failure` for anything but a WebSocket URL, and for a token that cannot be sent or would be seen on its way."""
        check_url(self.url)
        if not self.token:
            return
        if not _TOKEN.fullmatch(self.token):
            raise Failure("bad_configuration", "The token contains characters that no token has. Copy it again, as one word.")
        if urlsplit(self.url).scheme != "wss" and not is_loopback(self.url):
            raise Failure("bad_configuration", f"A token is not sent unencrypted. Use wss:// instead of ws://: {self.url}")


def choose(environment: Environment, choice: Choice) -> Destination | None:
    """The bridge of the command line, else of the environment, else of the profile; None: one on this machine.

    The token of the environment is sent to any of them, a profile's only to the profile's URL. Raises `Failure` for a bad profile.
    """
    if choice.local or choice.stand_in:
        return None
    named = choice.url or ("" if choice.profile else environment.url)
    if named:
        return Destination(named, environment.token)
    profile = choice.profile or environment.profile_name
    if not profile and environment.stand_in:
        return None
    return _of_profile(_named(read_configuration(environment.profile), profile, environment.profile), environment.token)


def _named(configuration: Configuration, name: str, path: Path) -> Profile:
    if not name:
        return configuration.bridge
    if name not in configuration.profiles:
        known = f" It has {', '.join(sorted(configuration.profiles))}." if configuration.profiles else ""
        raise bad(f'{path} has no profile {name}: write [profile.{name}] and url = "wss://...".{known}')
    return configuration.profiles[name]


def _of_profile(profile: Profile, token: str) -> Destination | None:
    if not profile.url:
        return None
    own = profile.token if not profile.token_command or token else secret_of(profile.token_command, "token_command")
    return Destination(profile.url, token or own)
