"""Which session a question goes to: the one that is meant, or none."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge_client.commands.known_sessions import MAX_SESSIONS, KnownSession, KnownSessions
from client.conftest import Run
from client.scripted_bridge import SESSION, Connection, Frame, ScriptedBridge, accepted, delta, done, error

NONE = [error("no_such_session")]
LISTING: Frame = {
    "type": "sessions",
    "sessions": [{"session_id": "kites", "title": "About Kites"}, {"session_id": "chat-12"}, {"session_id": "chat-13"}],
    "cursor": None,
}
ANSWER = [accepted(), delta("Hello"), done()]


def answer_in(session_id: str) -> Connection:
    return [accepted(session_id=session_id, new=False), delta("Hello"), done(session_id=session_id)]


def asked(run: Run, *arguments: str, connections: list[Connection]) -> tuple[int, str, str, list[str | None]]:
    """Exit code, standard output, standard error, and the sessions that were asked in."""
    with ScriptedBridge(connections).running() as bridge:
        code, stdout, stderr = run(*arguments, variables={"CLAUDE_BRIDGE_URL": bridge.url})
    return code, stdout, stderr, [frame.get("session_id") for frame in bridge.received if frame["action"] == "query"]


@pytest.mark.parametrize("name", ["kite", "kites", "about kites", "chat-12"])
@pytest.mark.parametrize("form", [["{}"], ["-s", "{}"], ["--session={}"]], ids=" ".join)
def test_a_session_is_named_by_the_beginning_of_its_id_or_its_title(run: Run, name: str, form: list[str]) -> None:
    named = [part.format(name) for part in form]
    checks: list[Connection] = [[{"type": "history", "turns": []}] if name in ("kites", "chat-12") else NONE] if " " not in name else []
    listing: list[Connection] = [] if name in ("kites", "chat-12") else [[LISTING]]
    meant = "chat-12" if name == "chat-12" else "kites"
    assert asked(run, "Hi", *named, connections=[*checks, *listing, answer_in(meant)])[3] == [meant]


def test_a_beginning_that_fits_several_asks_nothing(run: Run) -> None:
    code, _, stderr, sessions = asked(run, "Hi", "-s", "chat", connections=[NONE, [LISTING]])
    assert (code, sessions) == (3, [])
    assert "Several sessions have the title chat or begin with it: chat-12, chat-13." in stderr
    assert "To begin it" not in stderr


@pytest.mark.parametrize("form", [["kitse"], ["-s", "kitse"]], ids=" ".join)
def test_an_unknown_session_is_an_error_with_the_nearest_and_the_way_to_begin_it(run: Run, form: list[str]) -> None:
    code, stdout, stderr, sessions = asked(run, "How long is one?", *form, connections=[NONE, [LISTING]])
    assert (code, stdout, sessions) == (3, "", [])
    assert "There is no session kitse" in stderr
    assert "Did you mean kites?" in stderr
    # Each command ends its line: it can be copied.
    assert 'To begin it: python3 client/ask.py --new kitse "..."\nYour sessions: python3 client/ask.py sessions\n' in stderr


def test_two_words_without_quotes_ask_nothing(run: Run) -> None:
    code, _, stderr, sessions = asked(run, "what", "is", connections=[NONE, [LISTING]])
    assert (code, sessions) == (3, [])
    assert 'If that was one question: python3 client/ask.py "what is"' in stderr


def test_an_unknown_session_as_json(run: Run) -> None:
    code, stdout, *_ = asked(run, "Hi", "nosuch", "--json", connections=[NONE, [LISTING]])
    assert (code, json.loads(stdout)["code"]) == (3, "no_such_session")


def test_a_new_session_gets_its_name(run: Run) -> None:
    assert asked(run, "Hi", "--new", "fresh", connections=[NONE, answer_in("fresh")])[3] == ["fresh"]


def test_a_session_that_was_to_be_new_is_no_surprise(run: Run) -> None:
    begun: Connection = [accepted(session_id="fresh"), delta("Hello"), done(session_id="fresh")]
    assert asked(run, "Hi", "--new", "fresh", "-q", connections=[NONE, begun])[:3] == (0, "Hello\n", "")
    assert "begins here" not in asked(run, "Hi", "--new", "fresh", connections=[NONE, begun])[2]


def test_a_new_session_of_a_name_that_is_taken_is_an_error(run: Run) -> None:
    code, _, stderr, sessions = asked(run, "Hi", "--new", SESSION, connections=[])
    assert (code, sessions) == (3, [])
    assert f"There is a session {SESSION} already." in stderr


@pytest.mark.parametrize("arguments", [["--new", "What is a kite?"], ["What is a kite?", "--new"], ["What is a kite?"]], ids=str)
def test_a_new_session_needs_no_name(run: Run, arguments: list[str]) -> None:
    with ScriptedBridge([ANSWER]).running() as bridge:
        run(*arguments, variables={"CLAUDE_BRIDGE_URL": bridge.url})
    assert [(frame["message"], frame.get("session_id")) for frame in bridge.received] == [("What is a kite?", None)]


@pytest.mark.parametrize("arguments", [["-c", "-s", "x", "Hi"], ["--new", "x", "-c", "Hi"], ["Hi", "x", "-c"]], ids=" ".join)
def test_two_sessions_are_bad_usage(run: Run, arguments: list[str]) -> None:
    code, _, stderr = run(*arguments)
    assert (code, stderr.count("\n")) == (2, 1)


def test_a_name_that_is_none_is_an_error(run: Run) -> None:
    assert run("Hi", "--new", "my kites", "--url", "ws://127.0.0.1:1")[0] == 2


@contextmanager
def directory(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        path.mkdir(exist_ok=True)
        patched.chdir(path)
        yield


def test_the_last_session_is_that_of_the_directory(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedBridge([answer_in("one"), answer_in("two"), answer_in("one")]).running() as bridge:
        bridge.known = {"one", "two"}
        variables = {"CLAUDE_BRIDGE_URL": bridge.url}
        with directory(tmp_path / "a", monkeypatch):
            run("Hi", variables=variables)
        with directory(tmp_path / "b", monkeypatch):
            run("Hi", variables=variables)
        with directory(tmp_path / "a", monkeypatch):
            run("-c", "Go on", variables=variables)
        with directory(tmp_path / "c", monkeypatch):
            code, _, stderr = run("-c", "Go on", variables=variables)
    assert [frame.get("session_id") for frame in bridge.received] == [None, None, "one"]
    assert code == 3
    assert 'There is no session of this directory to continue. The last one elsewhere: python3 client/ask.py "..." one' in stderr


def test_the_last_session_is_that_of_the_bridge(run: Run) -> None:
    with ScriptedBridge([ANSWER]).running() as first, ScriptedBridge([]).running() as second:
        run("Hi", variables={"CLAUDE_BRIDGE_URL": first.url})
        assert run("-c", "Go on", variables={"CLAUDE_BRIDGE_URL": second.url})[0] == 3


def test_a_last_session_that_has_expired_is_not_begun_again(run: Run) -> None:
    with ScriptedBridge([ANSWER, NONE]).running() as bridge:
        run("Hi", variables={"CLAUDE_BRIDGE_URL": bridge.url})
        bridge.known.clear()
        code, _, stderr = run("-c", "Go on", variables={"CLAUDE_BRIDGE_URL": bridge.url})
    assert code == 3
    assert f"The last session of this directory, {SESSION}, has expired or was deleted." in stderr


def test_a_deleted_session_is_the_last_one_no_more(run: Run) -> None:
    with ScriptedBridge([ANSWER, [{"type": "deleted", "session_id": SESSION}]]).running() as bridge:
        run("Hi", variables={"CLAUDE_BRIDGE_URL": bridge.url})
        run("delete", SESSION, "--yes", variables={"CLAUDE_BRIDGE_URL": bridge.url})
        code, _, stderr = run("-c", "Go on", variables={"CLAUDE_BRIDGE_URL": bridge.url})
    assert (code, "no session of this directory" in stderr) == (3, True)


@pytest.mark.parametrize(("reply", "session"), [("y", "nosuch"), ("n", None)])
def test_a_person_is_asked_whether_to_begin_a_session(reply: str, session: str | None) -> None:
    master, slave = pty.openpty()
    with ScriptedBridge([NONE, [LISTING], answer_in("nosuch")]).running() as bridge:
        environment = {**os.environ, "CLAUDE_BRIDGE_URL": bridge.url, "TERM": "dumb"}
        command = [sys.executable, str(Path(__file__).parents[2] / "client" / "ask.py"), "Hi there", "nosuch"]
        with subprocess.Popen(command, env=environment, stdin=slave, stdout=slave, stderr=slave) as asking:
            os.write(master, f"{reply}\n".encode())
            assert asking.wait(15) == (0 if session else 3)
        queries = [frame for frame in bridge.received if frame["action"] == "query"]
    os.close(slave)
    shown = os.read(master, 8192).decode()
    os.close(master)
    assert [query["session_id"] for query in queries] == ([session] if session else [])
    assert "There is no session nosuch" in shown
    assert "Begin it? [y/N]" in " ".join(shown.split())
    # What a person has read and declined is not said again.
    assert shown.count("There is no session nosuch") == 1
    assert ("Nothing was asked." in shown) == (session is None)


KNOWN = KnownSession("wss://host", "s1", "/here", {"type": "done"})


def test_what_is_known_is_its_owners_alone_and_no_word_of_it_was_said(tmp_path: Path) -> None:
    known = KnownSessions(tmp_path / "known")
    assert known.note(KNOWN)
    [path] = (tmp_path / "known").iterdir()
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert known.get("wss://host", "s1") == KNOWN
    assert known.get("wss://other", "s1") is None


def test_only_the_newest_sessions_are_known(tmp_path: Path) -> None:
    known = KnownSessions(tmp_path)
    for number in range(MAX_SESSIONS + 5):
        known.note(KNOWN._replace(session_id=f"s{number}"))
    assert len(list(tmp_path.iterdir())) == MAX_SESSIONS


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"session_id": "$(id)"}'])
def test_a_record_that_cannot_be_read_is_passed_over(tmp_path: Path, text: str) -> None:
    known = KnownSessions(tmp_path)
    known.note(KNOWN)
    (tmp_path / "broken.json").write_text(text)
    assert [result.session_id for result in known.all("wss://host")] == ["s1"]


def test_a_folder_that_cannot_be_used_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    known = KnownSessions(tmp_path / "file" / "known")
    assert not known.note(KNOWN)
    known.forget("wss://host", "s1")
    assert known.last("wss://host") is None
