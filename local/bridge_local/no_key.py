"""Takes Claude's place while there is no API key: the bridge does everything but answer questions."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from bridge.claude.interrupt import Interrupt
from bridge.errors import BridgeError, Code

SENTENCE = "There is no API key. Set ANTHROPIC_API_KEY."


class NoKey:
    """Sends nothing anywhere. `stream` and `knows` raise `BridgeError` (`claude_misconfigured`)."""

    def open(self) -> None:
        pass

    def is_open(self) -> bool:
        return False

    def stream(self, request: Mapping[str, Any], interrupt: Interrupt) -> Generator[Mapping[str, Any], None, None]:  # noqa: ARG002
        raise _no_key()

    def knows(self, model: str) -> bool:  # noqa: ARG002
        raise _no_key()


def _no_key() -> BridgeError:
    return BridgeError(Code.CLAUDE_MISCONFIGURED, SENTENCE, setting="ANTHROPIC_API_KEY")
