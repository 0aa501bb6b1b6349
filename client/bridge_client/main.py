"""The entry point: from the command line to an exit code, whatever happens, without a trace on the screen."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import click

from bridge_client.command_line import ask, chosen
from bridge_client.config.environment import Environment
from bridge_client.failures import BAD_USAGE, BROKEN_PIPE, INTERRUPTED, OTHER, Failure
from bridge_client.program import Program
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.hints import Commands


def main(arguments: Sequence[str], variables: Mapping[str, str], *, script: str, root: Path) -> int:
    """Runs the command; returns the exit code. `root` is the folder that `local/run.py` lies in."""
    environment = Environment.of(variables)
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_encode(stream)
    try:
        return _run(arguments, Program(environment, script, root / "local" / "run.py"))
    except BrokenPipeError:
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the last resort: a line, not a trace)
        if environment.debug:
            traceback.print_exc()
        print(f"ask.py: unexpected {type(error).__name__}: {one_line(str(error))} (CLAUDE_BRIDGE_DEBUG=1 shows more)", file=sys.stderr)  # noqa: T201
        return OTHER
    finally:
        _drop_unwritten(sys.stdout)


def _run(arguments: Sequence[str], program: Program) -> int:
    command, rest = chosen(arguments)
    name = "ask.py" if command is ask else f"ask.py {command.name}"
    try:
        # Not `command.main`: that makes a broken pipe its own affair.
        with command.make_context(name, list(rest), obj=program) as context:
            return int(command.invoke(context))
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        message = f"{error.format_message()} {_hint(error, command, rest, Commands(program.script))}".strip()
        if "--json" in rest[: rest.index("--") if "--" in rest else None]:
            # Where nothing can be written, the line below is all there is.
            with suppress(Failure):
                program.output.write_json(Failure("bad_usage", message).fields())
        print(f"{name}: {one_line(message)} (See: {name} --help)", file=sys.stderr)  # noqa: T201
        return BAD_USAGE


def _hint(error: click.ClickException, command: click.Command, words: list[str], commands: Commands) -> str:
    """What was most likely meant; "" where nobody knows."""
    if "extra argument" in error.format_message():
        # A word too many.
        return "Is the question in quotes?"
    if command is ask and isinstance(error, click.NoSuchOption):
        asked = next((word for word in words if word.startswith(error.option_name)), "")
        if " " in asked or not asked.startswith("--"):
            return f"A question that begins with a dash comes after --: {commands.literal(asked)}"
    return ""


def _drop_unwritten(stream: TextIO) -> None:
    """What cannot be written goes nowhere, or Python would complain when it flushes at its end."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _never_fail_to_encode(stream: TextIO) -> None:
    """A terminal that is not UTF-8 shows what it cannot as an escape."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
