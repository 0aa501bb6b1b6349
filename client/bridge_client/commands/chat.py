"""`chat`: one question after the other in one session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bridge_client.commands.ask import say_early_end
from bridge_client.commands.client import Client, with_model
from bridge_client.failures import Failure
from bridge_client.protocol.conversation import Finished, Question
from bridge_client.protocol.frames import session_id_in
from bridge_client.terminal.screen import Screen
from bridge_client.terminal.wording import kept_until, usage
from bridge_client.terminal.writers import writer_for


class Chat:
    """The session is the one named, or the one that the first answer belongs to. A question that fails does not end the chat."""

    def __init__(self, client: Client, session_id: str, *, raw: bool = False) -> None:
        self._client = client
        self._raw = raw
        self._named = self._session_id = session_id
        self._last: Finished | None = None
        self._exit_code = 0

    def run(self, questions: Iterator[str]) -> int:
        """Asks all of them; returns the exit code of the last one that failed, or 0."""
        self._begin()
        for question in questions:
            try:
                self._ask(question)
            except Failure as failure:
                self._session_id = self._session_id or failure.session_id
                self._exit_code = self._client.report(failure)
        return self._exit_code

    def end(self, now: datetime) -> None:
        """Says how to go on."""
        if self._session_id == self._named and self._last is None:
            return
        # Without an answer, too: the question may be in the session all the same.
        if self._last is not None:
            self._client.notes.say(f"Session {self._session_id} · {kept_until(self._last.frame.get('expires_at'), now)}")
        self._client.notes.say_command("To go on:", self._client.hints.chat(self._session_id))

    def _begin(self) -> None:
        # A local bridge starts while the person thinks of a question.
        self._client.endpoint()
        self._client.notes.say("Ctrl-C stops an answer, Ctrl-D or /exit leaves.")

    def _ask(self, message: str) -> None:
        client = self._client
        writer = writer_for(client.output, raw=self._raw)
        screen = Screen(client.notes, client.output, writer, session_id=self._session_id)
        done = client.ask(Question(message, self._session_id, client.new_id()), screen)
        first = not self._session_id
        # The turn is stored, even if it cannot be written.
        self._session_id = session_id_in(done.frame) or self._session_id
        self._last = done
        client.note_answer(done.frame)
        writer.end()
        if first and self._session_id:
            client.notes.say(f"Session {self._session_id}")
        say_early_end(client, done.frame)
        client.notes.say(usage(with_model(client, done.frame)))
        client.notes.blank()
