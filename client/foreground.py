"""Runs a program in the terminal's foreground, alone: python3 client/foreground.py PROGRAM [ARGUMENT ...]

make shares its process group with what it runs, so Ctrl-C would reach make as well, which then reports an interrupt and fails, whatever the
program made of the key. Here the program gets a group of its own, as a shell would give it
(https://www.gnu.org/software/libc/manual/html_node/Implementing-a-Shell.html): Ctrl-C is the program's alone, Ctrl-Z stops make as well.
Without a terminal, or in its background, the program just runs.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType

INTERRUPTED = 130


def main(command: list[str]) -> int:
    """Runs the command; returns its exit code. One that was ended by Ctrl-C ends make as the key itself would have: silently."""
    terminal = _terminal()
    if terminal is None:
        os.execvp(command[0], command)  # noqa: S606 (no shell)
    code = _supervised(command, terminal)
    if code == INTERRUPTED:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.killpg(os.getpgrp(), signal.SIGINT)
        return 0  # make has nothing to report, and ends by the signal.
    return code


def _terminal() -> int | None:
    """The terminal that this process group is in the foreground of."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
        return terminal if os.tcgetpgrp(terminal) == os.getpgrp() else None
    except OSError:
        return None


def _supervised(command: list[str], terminal: int) -> int:
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # Sent to a background group that changes the foreground.
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        _exec(command)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        os.kill(child, number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        _hand_over(terminal, child, os.getpgrp())
        if not os.WIFSTOPPED(status):
            return _code(status)
        os.killpg(os.getpgrp(), signal.SIGSTOP)  # make, too: the shell that started it then has the terminal, until its `fg` or `bg`.
        _hand_over(terminal, os.getpgrp(), child)
        os.killpg(child, signal.SIGCONT)


def _hand_over(terminal: int, giver: int, taker: int) -> None:
    """Puts the process group `taker` into the foreground, if `giver` has it. A terminal that is gone has no foreground."""
    with suppress(OSError):
        if os.tcgetpgrp(terminal) == giver:
            os.tcsetpgrp(terminal, taker)


def _exec(command: list[str]) -> None:
    try:
        os.execvp(command[0], command)  # noqa: S606 (no shell)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201
        os._exit(127)


def _code(status: int) -> int:
    """As a shell tells it: 128 and the signal's number where one ended the program."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
