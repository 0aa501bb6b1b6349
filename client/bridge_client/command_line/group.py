"""A group of commands in which `ask` need not be typed: a first word that names no command is a question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from shutil import get_terminal_size

import click
from click.shell_completion import CompletionItem

SMALL, SMALLEST = 60, 24
"""Columns below which help is laid out in another way, and that it needs."""

DESCRIPTION = 75
"""Characters of a command's description that a shell shows beside it, at most."""

DEFAULT = "ask"
"""The command that is meant where no command is named."""

SAME, SAME_FOREIGN = 0.75, 0.8
"""How alike a word and a command must be (difflib's ratio) for a slip of the fingers; the words of other programs are short."""

FOREIGN = {
    "help": "--help",
    "version": "--version",
    "list": "sessions",
    "ls": "sessions",
    "show": "history",
    "log": "history",
    "logs": "history",
    "find": "search",
    "grep": "search",
    "rm": "delete",
    "remove": "delete",
    "login": "keys set",
    "auth": "keys set",
    "key": "keys",
    "continue": "-c",
    "new": "--new",
}
"""What other programs call a command: asked as a question, each would be paid for."""

LEAST_SWAPPED = 3
"""Letters of a shorter name are swapped in too many words."""

CONVERSING = ("-c", "--continue", "-s", "--session", "--new")
"""Options of a question: with one of them, "continue" is what somebody says to Claude."""

OWN_OPTIONS = ("-h", "--help", "-V", "--version")
"""The options of the group itself; all others belong to a command."""


class Formatter(click.HelpFormatter):
    """Help for terminals of any width: click's has at least 50 columns."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        columns = get_terminal_size().columns
        if columns < SMALL:
            width = max(SMALLEST, columns)
        super().__init__(indent_increment, width, max_width)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl(rows, min(col_max, self.width // 3) if self.width < SMALL else col_max, col_spacing)


class Context(click.Context):
    formatter_class = Formatter


class Group(click.Group):
    """Describes its commands to a shell in whole sentences, where these are short."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        described = {name: command.get_short_help_str(DESCRIPTION) for name, command in self.commands.items()}
        items = [CompletionItem(name, help=words) for name, words in described.items() if name.startswith(incomplete)]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]


class CommandGroup(Group):
    """Takes options before the command's name as well as after it. Everything after `--` is a question."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self.spelled_out(args, completing=ctx.resilient_parsing))

    def mistyped(self, arguments: Sequence[str]) -> tuple[str, str]:
        """A word that stands alone and looks like a command, and what was most likely meant; ("", "") if there is none."""
        position = next(self._words(arguments), None)
        word = arguments[position] if position is not None else ""
        if not word or not word.isalpha() or word in self.commands or any(argument.startswith(CONVERSING) for argument in arguments):
            return "", ""
        typed = word.lower()
        meant = FOREIGN.get(typed) or _near(typed, self.commands, SAME) or FOREIGN.get(_near(typed, FOREIGN, SAME_FOREIGN), "")
        return (word, meant) if meant else ("", "")

    def spelled_out(self, arguments: Sequence[str], *, completing: bool = False) -> list[str]:
        """The arguments with the command's name first. While `completing`, no command is added where no word is typed yet."""
        words = self._words(arguments)
        position = next(words, None)
        is_value = bool(arguments) and arguments[-1] in self._valued_options()
        if position is None and ((completing and not is_value) or (arguments[:1] and arguments[0] in OWN_OPTIONS)):
            return list(arguments)
        if position is not None and arguments[position] in self.commands:
            named = [position]
            command = self.commands[arguments[position]]
            second = next(words, None) if isinstance(command, click.Group) else None
            if second is not None:
                named.append(second)
            return [*(arguments[at] for at in named), *(word for at, word in enumerate(arguments) if at not in named)]
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


def _near(word: str, names: Iterable[str], same: float) -> str:
    """The name that is most like the word, and begins like it; "" if none is."""
    from difflib import get_close_matches

    likely = [name for name in names if name[0] == word[0]]
    swapped = [name for name in likely if len(name) > LEAST_SWAPPED and sorted(name) == sorted(word)]
    return next(iter(get_close_matches(word, likely, 1, same) or swapped), "")
