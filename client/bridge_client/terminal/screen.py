"""What a person sees while a question is being answered."""

from __future__ import annotations

from bridge_client.protocol.conversation import Accepted, Event, Text, Void, Waiting
from bridge_client.protocol.delivery import Reconnecting
from bridge_client.terminal.notes import Notes
from bridge_client.terminal.output import Output
from bridge_client.terminal.wording import waiting
from bridge_client.terminal.writers import Writer

NOTICED_SECONDS = 1.0
"""A shorter interruption is not worth a line in the middle of an answer."""


class Screen:
    """Shows one answer: its text through `writer`, everything else as notes."""

    def __init__(self, notes: Notes, output: Output, writer: Writer, *, session_id: str) -> None:
        self._notes = notes
        self._output = output
        self._writer = writer
        self._asked_for = session_id
        self._accepted = False
        self._stopping = False
        self.session_id = session_id
        """The session that the question belongs to, as soon as the bridge has named it."""

    def show(self, event: Event | Reconnecting) -> None:
        match event:
            case Accepted(session_id, new):
                self._show_accepted(session_id, new)
            case Waiting(reason, seconds):
                self._wait(waiting(reason, seconds))
            case Text(text):
                self._show_text(text)
            case Void():
                self._writer.void()
                self._notes.say("Claude started over; disregard the text above." if self._writer.begun else "Claude started over.")
            case Reconnecting(failure, seconds):
                self._show_reconnecting(failure.message, seconds)

    def stopping(self) -> None:
        """The person pressed Ctrl-C."""
        self._stopping = True
        if not self._shares_a_terminal or self._writer.hold():
            self._notes.wait("Stopping the answer (Ctrl-C again leaves at once)")

    def give_up(self) -> None:
        """There will be no (more) answer."""
        self._notes.end_wait()
        if self._shares_a_terminal:
            self._writer.give_up()

    def _show_accepted(self, session_id: str, new: bool) -> None:
        if new and self._asked_for and not self._accepted:
            self._notes.say(f"Session {session_id} begins here: it is new, has expired or was deleted.")
        self._accepted = True
        self.session_id = session_id
        self._wait(waiting("", 0))

    def _show_text(self, text: str) -> None:
        if self._writer.streams and not self._stopping:
            self._notes.end_wait()
        elif self._notes.on_terminal:
            self._notes.wait("Claude is answering")
        self._writer.text(text)

    def _show_reconnecting(self, message: str, seconds: float) -> None:
        if not self._writer.begun:
            self._notes.wait(f"{message} Asking again")
        elif seconds >= NOTICED_SECONDS:
            if self._shares_a_terminal:
                self._writer.pause()
            self._notes.say(f"{message} Asking again in {seconds:.0f} s.")

    def _wait(self, line: str) -> None:
        # A spinner would be drawn over the answer's last line.
        if not self._writer.begun:
            self._notes.wait(line)

    @property
    def _shares_a_terminal(self) -> bool:
        return self._notes.on_terminal and self._output.on_terminal
