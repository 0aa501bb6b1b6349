"""Connections that take posts at once, as the local gateway's do, and connections that need their time, as on AWS."""

from __future__ import annotations

import pytest

from fakes.recording_connections import RecordingConnections


@pytest.fixture(params=["posts take time", "posts are taken at once"])
def connections_of_both_kinds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordingConnections, "quick", request.param == "posts are taken at once")
