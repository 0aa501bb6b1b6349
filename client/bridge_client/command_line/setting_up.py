"""The commands about the program itself: `ping`, `doctor`, `keys`, `config`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from bridge_client.command_line.group import Group
from bridge_client.command_line.options import bridge_options, json_option
from bridge_client.config.choice import Choice
from bridge_client.config.keys import Keys, masked
from bridge_client.failures import Failure
from bridge_client.program import Program, now
from bridge_client.terminal.escape import one_line
from bridge_client.version import VERSION

if TYPE_CHECKING:
    from bridge_client.commands.client import Client


@click.command("ping")
@json_option
@bridge_options
@click.pass_obj
def ping(program: Program, choice: Choice, *, as_json: bool) -> int:
    """Check the bridge: the handshake, its store, its model."""

    def work(client: Client) -> int:
        from bridge_client.commands.ping import ping

        return ping(client, sys.stdout, as_json=as_json)

    return program.run(work, choice, checks=True, as_json=as_json)


@click.command("doctor")
@json_option
@bridge_options
@click.pass_obj
def doctor(program: Program, choice: Choice, *, as_json: bool) -> int:
    """Look at everything on the way to Claude; say what to do.

    The versions, the configuration, the folders, the bridge, its token, store and model, the clock.
    """
    from bridge_client.config.report import report, unwritable

    def work(client: Client) -> int:
        from bridge_client.commands.doctor import Finding, doctor
        from bridge_client.commands.ping import FAILED

        facts = [("program", f"ask-claude {VERSION}, Python {sys.version.split()[0]}")]
        # A configuration that cannot be read shows at the bridge, too.
        with suppress(Failure):
            facts += [(entry.name, entry.words) for entry in report(program.environment, choice)]
        troubles = [Finding("folder", FAILED, "", failure) for failure in unwritable(program.environment)]
        return doctor(client, facts, troubles, now(), as_json=as_json)

    return program.run(work, choice, checks=True, as_json=as_json)


@click.group("config", cls=Group)
def config() -> None:
    """Show what is configured, and where."""


@config.command("path")
@click.pass_obj
def config_path(program: Program) -> int:
    """Print the path of the configuration file, which need not exist."""
    program.output.show(f"{program.environment.profile}\n")
    return 0


@config.command("show")
@json_option
@bridge_options
@click.pass_obj
def config_show(program: Program, choice: Choice, *, as_json: bool) -> int:
    """Print what a question would use, and where that is set; secrets are masked."""
    from bridge_client.config.report import report

    try:
        entries = report(program.environment, choice)
    except Failure as failure:
        program.notes.say(failure.message, style="red")
        return failure.exit_code
    if as_json:
        program.output.write_json({entry.name: {"value": entry.value, "source": entry.source or None} for entry in entries})
    else:
        program.output.show(_in_columns([(entry.name, entry.words) for entry in entries], on_terminal=program.output.on_terminal))
    return 0


def _in_columns(rows: Sequence[tuple[str, str]], *, on_terminal: bool = True) -> str:
    from bridge_client.terminal.rendering.entries import Entry, laid_out
    from bridge_client.terminal.rendering.wrapping import columns

    shown = [Entry(name, one_line(words)) for name, words in rows]
    return "".join(f"{lines}\n" for lines in laid_out(shown, columns() if on_terminal else sys.maxsize))


@click.group("keys", cls=Group)
def keys() -> None:
    """Store your API key, show or remove it."""


_address_option = click.option("--base-url", "address", metavar="URL", default="", help="The server it is for, instead of Claude's own.")


@keys.command("set")
@_address_option
@click.pass_obj
def set_key(program: Program, address: str) -> int:
    """Store an API key in a file that only you can read. It is asked for, or read from a pipe; it is sent to its server only."""
    key = click.prompt("API key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    return _with_keys(program, lambda keys: f"The key for {keys.set(key.strip(), address)} is stored in {keys.path}.")


@keys.command("list")
@click.pass_obj
def list_keys(program: Program) -> int:
    """Show which keys are stored, without showing them."""

    def listed(keys: Keys) -> str:
        shown = [(address, masked(key)) for address, key in keys.all().items()]
        program.output.show(_in_columns(shown) if program.output.on_terminal else "".join(f"{row[0]}\t{row[1]}\n" for row in shown))
        return "" if keys.all() else "No key is stored."

    return _with_keys(program, listed)


@keys.command("remove")
@_address_option
@click.pass_obj
def remove_key(program: Program, address: str) -> int:
    """Remove a stored key."""
    return _with_keys(program, lambda keys: f"The key for {keys.remove(address)} is removed.")


def _with_keys(program: Program, work: Callable[[Keys], str]) -> int:
    """Says what `work` returns, or why it failed."""
    try:
        said = work(Keys(program.environment.keys))
    except Failure as failure:
        program.notes.say(failure.message, style="red")
        return failure.exit_code
    if said:
        program.notes.say(said, style="")
    return 0
