"""A group of commands in which `ask` need not be typed: a first word that names no command is a question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
from click.shell_completion import CompletionItem

DEFAULT = "ask"
"""The command that is meant where no command is named."""

OWN_OPTIONS = ("-h", "--help", "-V", "--version")
"""The options of the group itself; all others belong to a command."""


class CommandGroup(click.Group):
    """Takes options before the command's name as well as after it. Everything after `--` is a question."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self.spelled_out(args, completing=ctx.resilient_parsing))

    def spelled_out(self, arguments: Sequence[str], *, completing: bool = False) -> list[str]:
        """The arguments with the command's name first. While `completing`, no command is added where no word is typed yet."""
        position = next(self._words(arguments), None)
        if position is None and (completing or (arguments[:1] and arguments[0] in OWN_OPTIONS)):
            return list(arguments)
        if position is not None and arguments[position] in self.commands:
            return [arguments[position], *arguments[:position], *arguments[position + 1 :]]
        return [DEFAULT, *arguments]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What may come first: a command, or an option of a question."""
        return [*super().shell_complete(ctx, incomplete), *self.commands[DEFAULT].shell_complete(ctx, incomplete)]

    def _words(self, arguments: Sequence[str]) -> Iterator[int]:
        """The positions of the words that are neither options nor their values, up to `--`."""
        valued = self._valued_options()
        value_follows = False
        for position, word in enumerate(arguments):
            if word == "--":
                return
            if not value_follows and (word == "-" or not word.startswith("-")):
                yield position
            value_follows = not value_follows and word in valued

    def _valued_options(self) -> frozenset[str]:
        options = (option for command in self.commands.values() for option in command.params if isinstance(option, click.Option))
        return frozenset(name for option in options if not option.is_flag for name in option.opts)
