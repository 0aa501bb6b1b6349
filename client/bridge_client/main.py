"""The entry point: from the command line to an exit code, whatever happens, without a trace on the screen."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import click

from bridge_client.command_line.commands import program as commands
from bridge_client.command_line.group import OWN_OPTIONS, SAME
from bridge_client.config.choice import Choice
from bridge_client.config.environment import Environment
from bridge_client.failures import BAD_USAGE, BROKEN_PIPE, INTERRUPTED, OTHER, Failure
from bridge_client.program import Program
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.streams import prepare_streams

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""Why what click prints, which is no command's output, cannot be written."""


def start(arguments: Sequence[str], variables: Mapping[str, str], *, script: str, root: Path) -> int:
    """`main` with the standard streams of this process."""
    prepare_streams()
    return main(arguments, variables, script=script, root=root)


def main(arguments: Sequence[str], variables: Mapping[str, str], *, script: str, root: Path) -> int:
    """Runs the command; returns the exit code. `root` is the folder that `local/run.py` lies in."""
    environment = Environment.of(variables)
    program = Program(environment, script, root)
    try:
        return _run([as_typed(argument) for argument in arguments], program)
    except BrokenPipeError:
        return BROKEN_PIPE
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the last resort: a line, not a trace)
        if environment.debug:
            import traceback

            traceback.print_exc()
        if isinstance(error, OSError) and error.errno in UNWRITABLE:
            _say(f"Standard output could not be written: {os.strerror(error.errno).lower()}.")
            return OTHER
        words = f"unexpected {type(error).__name__}: {one_line(str(error))} (CLAUDE_BRIDGE_DEBUG=1 shows more)"
        print(f"{program.name}: {words}", file=sys.stderr)  # noqa: T201
        return OTHER
    finally:
        _drop_unwritten(sys.stdout)


def _run(arguments: Sequence[str], program: Program) -> int:
    if instruction := program.environment.completing:
        from bridge_client.command_line.completing import completed

        return completed(commands, program, instruction)
    try:
        # Not `commands.main`: that handles a broken pipe in its own way.
        with commands.make_context(program.name, list(arguments), obj=program) as context:
            return int(commands.invoke(context))
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        return _report(error, arguments, program)


def _report(error: click.ClickException, arguments: Sequence[str], program: Program) -> int:
    """Says what is wrong with the command line, in one line; of a group without a command, what its commands are."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        print(error.format_message(), file=sys.stderr)  # noqa: T201
        return BAD_USAGE
    message = f"{_sentence(error)} {_hint(error, arguments, program)}".strip()
    options = set(arguments[: arguments.index("--") if "--" in arguments else None])
    if options & {"--json", "--stream-json"}:
        # Where nothing can be written, the line below is all there is.
        with suppress(Failure):
            kind = {"type": "error"} if "--stream-json" in options else {}
            program.output.write_json({**kind, **Failure("bad_usage", message).fields()})
    context = error.ctx if isinstance(error, click.UsageError) and error.ctx else None
    name = context.command_path if context else program.name
    _say(f"{name}: {message} (See: {name} --help)")
    return BAD_USAGE


def _say(line: str) -> None:
    """One line on standard error, without what takes long to import where there is no terminal."""
    line = one_line(line)
    if sys.stderr.isatty():
        from bridge_client.terminal.rendering.wrapping import columns, wrapped

        line = wrapped(line, columns())
    print(line, file=sys.stderr)  # noqa: T201


def _sentence(error: click.ClickException) -> str:
    """What is wrong. click's own guess at an option takes --json for --verison."""
    if isinstance(error, click.NoSuchOption):
        from difflib import get_close_matches

        options = [name for parameter in error.ctx.command.params for name in parameter.opts] if error.ctx else []
        near = get_close_matches(error.option_name, [*options, *OWN_OPTIONS], 1, SAME)
        return f"No such option {error.option_name}.{f' Did you mean {near[0]}?' if near else ''}"
    message = error.format_message()
    return f"{message}." if message.endswith(")") else message


def _hint(error: click.ClickException, arguments: Sequence[str], program: Program) -> str:
    """What was most likely meant; "" where that is not known."""
    if isinstance(error, click.NoSuchOption):
        question = next((word for word in arguments if word.startswith(error.option_name) and " " in word), "")
        if question:
            return f"A question that begins with a dash comes after --: {program.hints(Choice()).literal(question)}"
    if isinstance(error, click.MissingParameter) and error.param is not None and error.param.name == "session":
        return f"Your sessions: {program.hints(Choice()).sessions()}"
    return ""


def _drop_unwritten(stream: TextIO) -> None:
    """What cannot be written goes nowhere, or Python would complain when it flushes at its end."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def as_typed(argument: str) -> str:
    """An argument that is UTF-8, whatever the locale made of its bytes: where it knows ASCII only, Python cannot read the others."""
    try:
        return os.fsencode(argument).decode()
    except UnicodeError:
        return argument
