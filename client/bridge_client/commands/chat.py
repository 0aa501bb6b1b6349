"""`chat`: one question after the other in one session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from bridge_client.commands.ask import say_early_end
from bridge_client.commands.client import Client, with_model
from bridge_client.commands.history import show_turns, with_newest_page
from bridge_client.commands.spending import Spending
from bridge_client.failures import Failure
from bridge_client.protocol.conversation import Finished, Question
from bridge_client.protocol.frames import Frame, objects_in, session_id_in, text_in
from bridge_client.terminal.keyboard.prompt import PromptContext
from bridge_client.terminal.rendering.wrapping import fitting
from bridge_client.terminal.screen import Screen
from bridge_client.terminal.wording import is_soon, kept_until, remaining, usage
from bridge_client.terminal.writers import writer_for

EARLIER = 50
"""Turns whose questions arrow-up recalls."""


class Chat:
    """The session is the one named, or the one that the first answer belongs to. A question that fails does not end the chat."""

    def __init__(
        self,
        client: Client,
        session_id: str,
        clock: Callable[[], datetime],
        *,
        raw: bool = False,
        options: Frame | None = None,
        act: Callable[[Chat, str, datetime], bool] = lambda _chat, _line, _now: False,
    ) -> None:
        """`act` does what a line says that is a command; it returns False for any other, which is a question."""
        self.client = client
        self.session_id = self._named = session_id
        self.spent = Spending()
        self._clock = clock
        self.raw = raw
        self.options: Frame = dict(options or {})
        """Further fields of every question."""
        self._act = act
        self._last: Finished | None = None
        self._settings: Frame = {}
        """What was said of the session's life since the last answer."""
        self._turns: list[Frame] = []
        self._exit_code = 0

    def run(self, lines: Iterator[str]) -> int:
        """Asks all of them; returns the exit code of the last one that failed, or 0."""
        for line in lines:
            try:
                if not self._act(self, line, self._clock()):
                    self._ask(line[1:] if line.startswith("//") else line)
            except Failure as failure:
                self.session_id = self.session_id or failure.session_id
                self._exit_code = self.client.report(failure)
        return self._exit_code

    def begin(self) -> PromptContext:
        """Greets a person, and shows where the session stands. Returns what the prompt needs."""
        # A local bridge starts while the person thinks of a question.
        self.client.endpoint()
        self.client.notes.say("What is said here is remembered. /help lists the commands; Ctrl-C stops an answer, Ctrl-D leaves.")
        self.show_last()
        asked = [text_in(said, "content") for turn in self._turns for said in objects_in(turn, "context") if said.get("role") == "user"]
        return PromptContext(self._status, asked)

    def end(self) -> None:
        """Says how to go on."""
        if self.session_id == self._named and self._last is None:
            return
        # Without an answer, too: the question may be in the session all the same.
        if self._last is not None:
            expires_at = {**self._last.frame, **self._settings}.get("expires_at")
            self.client.notes.say(f"Session {self.session_id} · {kept_until(expires_at, self._clock())}")
        if self.session_id:
            self.client.notes.say_command("To go on:", self.client.hints.chat(self.session_id))

    def move_to(self, session_id: str) -> None:
        """Goes on in another session; "" for a new one."""
        self.session_id, self._last, self._turns, self._settings = session_id, None, [], {}

    def note_settings(self, settings: Frame) -> None:
        """They have changed: the status line is to say so, too."""
        self._settings = {"expires_at": settings.get("expires_at")}

    def named(self) -> str:
        """The session. Raises `Failure` where there is none yet."""
        if not self.session_id:
            raise Failure("bad_request", "Nothing has been said yet.")
        return self.session_id

    def known_ids(self) -> Iterable[str]:
        """The sessions that this machine has asked in, for completion."""
        known = self.client.known_sessions
        return [session.session_id for session in known.all(self.client.place)] if known else []

    def show_last(self) -> None:
        """The last exchange of the session, if it has one."""
        if not self.session_id:
            return
        try:
            self._turns, page = with_newest_page(self.client, self.session_id, EARLIER)
        except Failure as failure:
            if failure.code != "no_such_session":
                raise
            page = {}
        for turn in self._turns[-1:]:
            self.client.notes.say(f"Session {self.session_id} · {self._count()} · the last one:")
            show_turns(self.client.output, [turn], raw=self.raw)
        if is_soon(page.get("expires_at"), self._clock()):
            left = remaining(page.get("expires_at"), self._clock())
            self.client.notes.say(f"This session expires {left}, if nothing is asked. To keep it: /keep", "yellow")
        self.client.notes.blank()

    def _count(self) -> str:
        count = len(self._turns)
        return "1 turn" if count == 1 else f"{count} turns" if count < EARLIER else f"{count} turns or more"

    def _status(self, width: int) -> str:
        """The line below the prompt: of the session, the model and the expiry, what has room."""
        frame = self._last.frame if self._last else self._known()
        model = text_in(self.options, "model") or (text_in(with_model(self.client, frame), "model") if frame else "")
        expires = f"expires {remaining({**frame, **self._settings}.get('expires_at'), self._clock())}" if frame or self._settings else ""
        session = self.session_id or "new session"
        return fitting([[session, model, expires], [session, expires], [session]], width)

    def _known(self) -> Frame:
        known = self.client.known_sessions
        session = known.get(self.client.place, self.session_id) if known and self.session_id else None
        return session.done if session else {}

    def _ask(self, message: str) -> None:
        client = self.client
        writer = writer_for(client.output, raw=self.raw)
        # That a session begins is a surprise only where something was said in it before.
        screen = Screen(client.notes, client.output, writer, session_id=self.session_id if self._turns or self._last else "")
        done = client.ask(Question(message, self.session_id, client.new_id(), self.options), screen)
        first = not self.session_id
        # The turn is stored, even if it cannot be written.
        self.session_id = session_id_in(done.frame) or self.session_id
        self._last, self._settings = done, {}
        self.spent.add(done.frame)
        client.note_answer(done.frame)
        writer.end()
        if first and self.session_id:
            client.notes.say(f"Session {self.session_id}")
        say_early_end(client, done.frame)
        client.notes.say(usage(with_model(client, done.frame)))
        client.notes.blank()
