"""Without a key: nothing is sent to anybody, and the setting that is missing is named."""

from __future__ import annotations

import pytest

from bridge.claude.interrupt import Interrupt
from bridge.errors import BridgeError, Code
from bridge_local.no_key import NoKey


def test_asking_names_the_setting_that_is_missing() -> None:
    claude = NoKey()
    claude.open()
    for ask in (lambda: claude.stream({}, Interrupt()), lambda: claude.knows("claude-sonnet-5-5")):
        with pytest.raises(BridgeError) as caught:
            ask()
        assert (caught.value.code, caught.value.setting) == (Code.CLAUDE_MISCONFIGURED, "ANTHROPIC_API_KEY")
