"""A server that claims to be Claude's, with a certificate that nobody vouches for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from aws.scripted_server import answer, scripted
from aws.tls import server_context
from bridge.claude.anthropic_api import AnthropicApi, FixedKey
from bridge.claude.interrupt import Interrupt
from bridge.claude.messages_api import MessagesApi
from bridge.claude.retry import Failure
from bridge.clock import Clock
from bridge.errors import Code


def test_a_certificate_that_cannot_be_verified_names_the_setting_and_gets_no_key(tmp_path: Path) -> None:
    with scripted(otherwise=answer(200), tls=server_context(tmp_path)[0]) as server:
        with closing(MessagesApi(AnthropicApi(server.url, FixedKey("the-key")), Clock())) as api, pytest.raises(Failure) as caught:
            list(api.stream({"model": "m"}, Interrupt()))
        assert server.requests == []
    assert (caught.value.error.code, caught.value.error.setting) == (Code.CLAUDE_MISCONFIGURED, "SSL_CERT_FILE")
    assert not caught.value.transient
