"""The entry point: from the command line to an exit code, whatever happens, without a trace on the screen."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

import click

from bridge_client.command_line import ask, chosen
from bridge_client.environment import Environment
from bridge_client.escape import one_line
from bridge_client.failures import BAD_USAGE, BROKEN_PIPE, INTERRUPTED, OTHER
from bridge_client.program import Program


def main(arguments: Sequence[str], variables: Mapping[str, str], *, script: str, root: Path) -> int:
    """Runs the command; returns the exit code. `root` is the folder that `local/run.py` lies in."""
    environment = Environment.of(variables)
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_encode(stream)
    try:
        return _run(arguments, Program(environment, script, root / "local" / "run.py"))
    except BrokenPipeError:
        # What is still buffered goes nowhere, or Python would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the last resort: a line, not a trace)
        if environment.debug:
            traceback.print_exc()
        print(f"ask.py: unexpected {type(error).__name__}: {one_line(str(error))} (CLAUDE_BRIDGE_DEBUG=1 shows more)", file=sys.stderr)  # noqa: T201
        return OTHER


def _run(arguments: Sequence[str], program: Program) -> int:
    command, rest = chosen(arguments)
    name = "ask.py" if command is ask else f"ask.py {command.name}"
    try:
        # Not `command.main`: that makes a broken pipe its own affair.
        with command.make_context(name, rest, obj=program) as context:
            return int(command.invoke(context))
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        # A word too many is most often a question without quotes.
        hint = " Is the question in quotes?" if "extra argument" in error.format_message() else ""
        print(f"{name}: {one_line(error.format_message())}{hint} (See: {name} --help)", file=sys.stderr)  # noqa: T201
        return BAD_USAGE


def _never_fail_to_encode(stream: TextIO) -> None:
    """A terminal that is not UTF-8 shows what it cannot as an escape."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
