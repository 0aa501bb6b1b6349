"""What the README says is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bridge.settings import VARIABLES, Settings
from bridge_local import settings as local_settings
from system.programs import ROOT, ask

README = (ROOT / "README.md").read_text()
HANDBOOK = (ROOT / "docs" / "operations.md").read_text()
TRANSCRIPT = re.compile(r"```console\n(.*?)```", re.DOTALL)
ROW = re.compile(r"^\| `([A-Z_]+)` \|(.*?)\|(.*?)\|$", re.MULTILINE)
OF_THE_CLIENT = {"CLAUDE_BRIDGE_PROFILE", "CLAUDE_BRIDGE_URL", "CLAUDE_BRIDGE_TOKEN", "CLAUDE_BRIDGE_DEBUG"}
CHANGING = ((r"chat-[0-9a-f]{12}", "SESSION"), (r"until \w{3} \d\d? \w{3} \d\d:\d\d", "until THEN"))


def steady(text: str) -> str:
    """The text without what is another one each time."""
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return text


def exchanges() -> list[tuple[str, str]]:
    """The transcript: each command and what it prints."""
    [transcript] = TRANSCRIPT.findall(README)
    parts = re.split(r"^\$ (.*)\n", transcript, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.slow
def test_the_transcript_is_what_happens(tmp_path: Path) -> None:
    session: list[str] = []
    for command, expected in exchanges():
        make, target, *variables = shlex.split(command)
        assert (make, target) == ("make", "ask")
        question = next(value[2:] for value in variables if value.startswith("Q="))
        done = ask(tmp_path, "--", question, *session, CLAUDE_BRIDGE_COMMAND="make", CLAUDE_BRIDGE_STAND_IN="")
        said = done.stderr.replace(f"{ROOT}/", "").partition("\n\n")
        assert steady(f"{said[0]}\n{done.stdout}\n{said[2]}") == steady(expected)
        session = re.findall(r"chat-[0-9a-f]{12}", done.stderr)[:1]


def test_the_settings_tables_are_complete_and_their_defaults_are_true() -> None:
    read = [*ROW.findall(README), *ROW.findall(HANDBOOK)]
    rows = {name: default.strip().strip("`") for name, default, _ in read}
    assert len(rows) == len(read)
    assert set(rows) == {*VARIABLES, *local_settings.VARIABLES, *OF_THE_CLIENT}
    defaults = Settings()
    for name in VARIABLES:
        value = getattr(defaults, name.lower())
        assert rows[name] == (f"{value:g}" if isinstance(value, float) else str(value)), name


@pytest.mark.parametrize("name", re.findall(r"\]\(([^)#:]+)\)", README))
def test_links_lead_somewhere(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"make ([a-z0-9-]+)", README))))
def test_make_knows_the_targets_that_are_named(target: str) -> None:
    makefiles = (ROOT / "Makefile").read_text() + (ROOT / "deploy.mk").read_text()
    assert re.search(rf"^{target}:.*## ", makefiles, re.MULTILINE)


@pytest.mark.parametrize("document", ["README.md", "docs/protocol.md"])
def test_limits_are_those_of_the_code(document: str) -> None:
    assert f"{Settings().max_message_chars:,} characters" in (ROOT / document).read_text()
