"""All commands, and the help of the program as a whole."""

from __future__ import annotations

import click

from bridge_client.command_line.asking import ask, chat, mcp, resume, web
from bridge_client.command_line.completing import completion
from bridge_client.command_line.group import OWN_OPTIONS, CommandGroup, Context
from bridge_client.command_line.looking_back import delete, history, keep, rename, search, sessions, why
from bridge_client.command_line.moving import backup, export, import_
from bridge_client.command_line.setting_up import config, doctor, keys, ping
from bridge_client.config.choice import Choice
from bridge_client.failures import BAD_USAGE
from bridge_client.terminal.keyboard.confirm import can_confirm, confirmed
from bridge_client.version import VERSION

EXAMPLES = (
    ('{name} "What is a kite?"', "begins a session"),
    ('{name} -c "And how long is one?"', "goes on with the last one"),
    ('git diff | {name} "Review this"', "adds what a pipe holds"),
    ("{name} -- chat", 'asks "chat", a command too'),
)


class Program(CommandGroup):
    """The commands in the order in which one meets them, with examples."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing and can_confirm():
            args = ["chat"]
        word, meant = self.mistyped(args)
        if word and not ctx.resilient_parsing:
            hints = ctx.obj.hints(Choice())
            question = f"There is no command {word}. Did you mean: {hints.name} {meant}?"
            if not can_confirm():
                raise click.UsageError(f"{question} To ask Claude: {hints.literal(word)}")
            if not confirmed(f'{question} Or is "{word}" a question for Claude?'):
                ctx.obj.notes.say("Nothing was asked.")
                ctx.exit(BAD_USAGE)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.commands)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, '[OPTIONS] "QUESTION" [SESSION]')
        formatter.write_usage(ctx.command_path, "COMMAND [ARGUMENTS]", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            formatter.write_dl([(example.format(name=ctx.command_path), meaning) for example, meaning in EXAMPLES], col_max=48)
        with formatter.section("Commands (each has its own --help)"):
            formatter.write_dl([(", ".join(str(command.name) for command in commands), words) for commands, words in COMMANDS])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        formatter.write_paragraph()
        formatter.write_text(
            "Exit codes: 0 answered, 2 bad usage, 3 no such session, 4 not allowed, 5 conflict, 6 limit reached, 7 bridge or Claude not "
            "available, 130 stopped."
        )


@click.group(cls=Program, context_settings={"help_option_names": OWN_OPTIONS[:2], "max_content_width": 100})
@click.version_option(VERSION, *OWN_OPTIONS[2:], message="ask-claude %(version)s")
def program() -> None:
    """Ask Claude, and be remembered."""


COMMANDS: tuple[tuple[tuple[click.Command, ...], str], ...] = (
    ((ask, chat, web), "ask, here or on a page in your browser"),
    ((mcp,), "serve Claude Code and other agents"),
    ((resume,), "fetch the answer that did not arrive"),
    ((sessions, history, search, why), "look back"),
    ((rename, keep, delete), "change or remove a session"),
    ((import_, export, backup), "move conversations in and out"),
    ((keys, config, completion), "set up"),
    ((ping, doctor), "find out what does not work"),
)
for command in (command for commands, _ in COMMANDS for command in commands):
    program.add_command(command)


def _use_context(command: click.Command) -> None:
    command.context_class = Context
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _use_context(below)


_use_context(program)
