"""The run through all worlds: what is said of each, and how it ends. What happens in them is test_e2e.py's."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from system import e2e, provider
from system import e2e_upgrade as upgrade

TWO = "import sys; print('deployed', sys.argv[1]); sys.exit(sys.argv[1] == 'upgrade')"
WAITING = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(pathlib.Path(sys.argv[1] + '.ended').write_text('')))
pathlib.Path(sys.argv[1] + '.begun').write_text('')
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def whole_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "is_there", lambda: True)
    monkeypatch.setattr(provider, "variables", lambda _: {})


def test_a_world_that_fails_is_named_and_does_not_end_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(e2e, "COMMAND", (sys.executable, "-c", TWO))
    assert e2e.run() == 1
    said = capsys.readouterr().err.splitlines()
    assert sorted(said[:-1]) == ["key     deployed key", "no-key  deployed no-key", "upgrade deployed upgrade"]
    assert said[-1] == "Failed: upgrade"


def test_without_a_failure_it_ends_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e2e, "COMMAND", (sys.executable, "-c", ""))
    assert e2e.run() == 0


def test_worlds_that_go_on_are_ended_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(e2e, "COMMAND", (sys.executable, "-c", WAITING))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def interrupt_when_two_have_begun() -> None:
        while len(list(tmp_path.glob("*.begun"))) < e2e.AT_A_TIME:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, interrupt)
    watching = threading.Thread(target=interrupt_when_two_have_begun, daemon=True)
    watching.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            e2e.run()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert len(list(tmp_path.glob("*.ended"))) == e2e.AT_A_TIME
