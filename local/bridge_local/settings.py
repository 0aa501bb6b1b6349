"""The local program's configuration: the only module that reads its environment.

The bridge's own settings come from `bridge.settings`. A test compares the table in the documentation with `VARIABLES`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.claude.anthropic_api import AnthropicApi, FixedKey
from bridge.claude.endpoint import Endpoint
from bridge.clock import Clock
from bridge.network.proxy import Proxy, proxy_for
from bridge.settings import Settings, number, whole_number
from bridge_local.gateway.limits import Limits

if TYPE_CHECKING:
    from bridge_local.aws_credentials import AwsAccess

_seconds = number(0.001, 1e6, "a number of seconds from 0.001 to 1,000,000")
_messages = whole_number(1)

_SECONDS: dict[str, str] = {
    "GATEWAY_IDLE_SECONDS": "idle",
    "GATEWAY_LIFETIME_SECONDS": "lifetime",
    "GATEWAY_INTEGRATION_SECONDS": "integration",
    "GATEWAY_FUNCTION_SECONDS": "function",
}
"""Each variable and the field of `Limits` that it sets."""

_MESSAGES: dict[str, str] = {"GATEWAY_RATE": "rate", "GATEWAY_BURST": "burst"}
"""The same for limits that count messages."""

ALWAYS, WITHOUT_KEY = "always", "without-key"
"""When the stand-in may answer instead of Claude. Nobody asks for it by accident: without a key, questions fail otherwise."""

_DEFAULTS = {"CLAUDE_MODELS": "*", "CLIENT_SYSTEM": "replace", "KEEP_HOURS_MAX": "0", "DAILY_IMPORT_MB": "0"}
"""What is otherwise here than on AWS: the operator is the client."""

VARIABLES: tuple[str, ...] = ("CLAUDE_BRIDGE_HOME", "CLAUDE_BRIDGE_STAND_IN", *_SECONDS, *_MESSAGES)
"""The names of the local program's variables, in the order of the table in the documentation."""


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """`home` is the folder of the sessions, `proxy` the proxy to reach Claude through, `aws` what reaching it through AWS takes.

    `offline`: the stand-in answers. `keyless`: nobody does, since there is neither an API key nor a base URL.
    """

    home: Path
    bridge: Settings
    offline: bool
    limits: Limits = field(default_factory=Limits)
    proxy: Proxy | None = None
    keyless: bool = False
    aws: AwsAccess | None = None

    @property
    def sessions(self) -> Path:
        """The file of the sessions. The stand-in has a file of its own: what it answered is never sent to Claude."""
        return self.home / ("sessions-offline.db" if self.offline else "sessions.db")

    @classmethod
    def of(cls, environment: Mapping[str, str], stand_in: str = "") -> LocalSettings:
        """Reads `environment`. An empty variable counts as absent. Raises `bridge.settings.BadSetting`.

        `stand_in` says when the stand-in answers: `ALWAYS`, `WITHOUT_KEY`, or "" for what the environment says.
        """
        present = {name: text.strip() for name, text in environment.items() if text.strip()}
        limits: dict[str, Any] = {limit: _seconds(name, present[name]) for name, limit in _SECONDS.items() if name in present}
        limits |= {limit: _messages(name, present[name]) for name, limit in _MESSAGES.items() if name in present}
        bridge = Settings.of({**_DEFAULTS, **present})
        through_aws = bridge.claude_provider != "anthropic"
        no_key = not through_aws and not ({"ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"} & present.keys())
        offline = stand_in == ALWAYS or present.get("CLAUDE_BRIDGE_STAND_IN") == "1" or (no_key and stand_in == WITHOUT_KEY)
        aws = _aws_access(present) if through_aws and not offline else None
        return cls(
            home=_home(present),
            bridge=bridge,
            offline=offline,
            limits=replace(Limits(), **limits),
            proxy=None if offline or no_key else proxy_for(endpoint_of(bridge, aws, Clock()).url, present),
            keyless=no_key and not offline,
            aws=aws,
        )

    @classmethod
    def read(cls, stand_in: str = "") -> LocalSettings:
        """Reads this process's environment. Raises `bridge.settings.BadSetting`."""
        return cls.of(os.environ, stand_in)


def endpoint_of(bridge: Settings, aws: AwsAccess | None, clock: Clock) -> Endpoint:
    """The endpoint of the provider that the settings name."""
    if aws is None:
        return AnthropicApi(bridge.anthropic_base_url, FixedKey(bridge.anthropic_api_key))
    from bridge.claude.aws_endpoint import aws_endpoint  # Not read unless it is taken.

    return aws_endpoint(bridge, aws.region, aws.credentials, clock)


def _aws_access(present: Mapping[str, str]) -> AwsAccess:
    from bridge_local.aws_credentials import AwsAccess

    return AwsAccess.of(present)


def _home(present: Mapping[str, str]) -> Path:
    if "CLAUDE_BRIDGE_HOME" in present:
        return Path(present["CLAUDE_BRIDGE_HOME"]).expanduser().absolute()
    data = Path(present.get("XDG_DATA_HOME", ""))
    # The XDG specification says to ignore relative paths.
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "claude-bridge"
