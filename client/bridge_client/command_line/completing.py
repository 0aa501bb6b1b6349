"""Completion in a shell: its script, and the names of sessions."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from bridge_client.config.environment import COMPLETE
from bridge_client.failures import Failure
from bridge_client.program import Program

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

INSTALLED = "ask-claude"
SHELLS = ("bash", "zsh", "fish")


def complete_session(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The sessions that this machine has asked in, the last used one first: no bridge is started to complete a word."""
    from click.shell_completion import CompletionItem

    program = context.find_root().obj
    known = program.known_sessions.everywhere() if isinstance(program, Program) else []
    names = dict.fromkeys(session.session_id for session in known)
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def complete_second(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The session that may follow a question."""
    return complete_session(context, parameter, incomplete) if len(context.params.get("words") or ()) == 1 else []


def complete_profile(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The profiles of the configuration file, as far as it can be read."""
    from click.shell_completion import CompletionItem

    from bridge_client.config.profile import read_configuration

    program, names = context.find_root().obj, []
    with suppress(Failure):
        names = list(read_configuration(program.environment.profile).profiles) if isinstance(program, Program) else []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def complete_file(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The shell does it."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def complete_folder(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The shell does it."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]


def completed(group: click.Group, program: Program, instruction: str) -> int:
    """Answers a shell that has set `COMPLETE` to this instruction. Returns the exit code."""
    from click.shell_completion import shell_complete

    return shell_complete(group, {"obj": program}, INSTALLED, COMPLETE, instruction)


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print what makes a shell complete commands and sessions.

    \b
    bash: echo 'eval "$(ask-claude completion bash)"' >> ~/.bashrc
    zsh:  echo 'eval "$(ask-claude completion zsh)"' >> ~/.zshrc
    fish: ask-claude completion fish > ~/.config/fish/completions/ask-claude.fish
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    program = context.obj
    if program.name != INSTALLED:
        raise click.UsageError(f"A shell completes programs on the PATH: install {INSTALLED} first (uv tool install .).")
    scripts = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
    script = scripts[shell](context.find_root().command, {"obj": program}, INSTALLED, COMPLETE).source().strip()
    # click's script for fish cuts a description at its first comma.
    program.output.show(script.replace('string split "," $completion', 'string split --max 1 "," $completion') + "\n")
    return 0
