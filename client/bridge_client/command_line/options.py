"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import click

from bridge_client.config.choice import Choice
from bridge_client.terminal.presentation import Presentation
from bridge_client.terminal.wanted import Wanted

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


NEW = "\0"
"""The value of --new without a name."""


def session_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options that say in which session to ask: the command gets them as `wanted`. Raises `click.UsageError` for two of them."""

    @click.option("-c", "--continue", "last", is_flag=True, help="Continue the last session of this directory.")
    @click.option(
        "-s", "--session", "name", metavar="NAME", default="", help="Continue a session: by its id, the beginning of it, or title."
    )
    @click.option("--new", metavar="[NAME]", is_flag=False, flag_value=NEW, default="", help="Begin a new session, of this name.")
    @wraps(function)
    def with_wanted(*arguments: object, last: bool, name: str, new: str, **options: object) -> int:
        if sum(map(bool, (last, name, new))) > 1:
            raise click.UsageError("-c, -s and --new exclude each other.")
        return function(*arguments, wanted=Wanted(name, last, new.strip(NEW)), **options)

    return with_wanted


raw_option = click.option("--raw", is_flag=True, help="Write the answer unchanged on a terminal, too: its Markdown is not rendered.")


def answer_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options that say how an answer is shown: the command gets them as `presentation`."""

    @click.option("--stream", is_flag=True, help="Write the answer as it arrives, also into a pipe or a file.")
    @raw_option
    @json_option
    @click.option(
        "--stream-json", "lines", is_flag=True, help="Print JSON objects as the answer arrives, one a line; the last is the result."
    )
    @click.option("-q", "--quiet", is_flag=True, help="Say nothing besides the answer, but for failures.")
    @wraps(function)
    def with_presentation(*arguments: object, stream: bool, raw: bool, as_json: bool, lines: bool, quiet: bool, **options: object) -> int:
        return function(*arguments, presentation=Presentation(as_json, stream, lines, raw, quiet), **options)

    return with_presentation


def bridge_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options that choose a bridge: the command gets them as `choice`."""

    @click.option("--url", metavar="URL", default="", help="Use this bridge (default: CLAUDE_BRIDGE_URL, the profile, else --local).")
    @click.option("--local", is_flag=True, help="Use a bridge on this machine, whatever is configured.")
    @click.option("--profile", metavar="NAME", default="", help="Use the bridge [profile.NAME] of the configuration file.")
    @click.option("--stand-in", is_flag=True, help="Have a stand-in answer instead of Claude: no key, no cost, sessions of its own.")
    @wraps(function)
    def with_choice(*arguments: object, url: str, local: bool, profile: str, stand_in: bool, **options: object) -> int:
        named = [name for name, value in {"--url": url, "--profile": profile, "--local": local, "--stand-in": stand_in}.items() if value]
        if len(named) > 1 and named != ["--local", "--stand-in"]:
            raise click.UsageError(f"{' and '.join(named)} exclude each other.")
        return function(*arguments, choice=Choice(url, local, stand_in, profile), **options)

    return with_choice


def checked_limit(most: int | None = None) -> click.IntRange:
    """A number of things, at least one."""
    return click.IntRange(1, most)
