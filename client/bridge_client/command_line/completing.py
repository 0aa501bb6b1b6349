"""Completion in a shell: its script, and the names of sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bridge_client.config.environment import COMPLETE
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
    script = scripts[shell](context.find_root().command, {"obj": program}, INSTALLED, COMPLETE)
    program.output.show(f"{script.source().strip()}\n")
    return 0
