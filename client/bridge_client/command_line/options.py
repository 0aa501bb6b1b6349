"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import click

from bridge_client.command_line.completing import complete_profile, complete_session
from bridge_client.command_line.numbers import Count
from bridge_client.config.choice import Choice
from bridge_client.terminal.presentation import Presentation
from bridge_client.terminal.session_choice import SessionChoice

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


EFFORTS = ("low", "medium", "high", "xhigh", "max")
SCOPES = ("session", "all", "off")
NEW = "\0"
"""The value of --new without a name."""


def session_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options that say in which session to ask: the command gets them as `wanted`. Raises `click.UsageError` for two of them."""

    @click.option("-c", "--continue", "last", is_flag=True, help="Continue this directory's last session.")
    @click.option(
        "-s",
        "--session",
        "name",
        metavar="NAME",
        default="",
        help="Continue a session, by its id or title.",
        shell_complete=complete_session,
    )
    @click.option("--new", metavar="[NAME]", is_flag=False, flag_value=NEW, default="", help="Begin a new session, of this name.")
    @wraps(function)
    def with_wanted(*arguments: object, last: bool, name: str, new: str, **options: object) -> int:
        if sum(map(bool, (last, name, new))) > 1:
            raise click.UsageError("-c, -s and --new exclude each other.")
        return function(*arguments, wanted=SessionChoice(name, last, new.strip(NEW)), **options)

    return with_wanted


def question_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options that say how Claude is to answer: the command gets them as `options`, fields of a `query`."""

    @click.option("-m", "--model", metavar="MODEL", help="Have this model answer.")
    @click.option("--system", metavar="TEXT", help="Add instructions for this answer.")
    @click.option("--effort", type=click.Choice(EFFORTS), metavar="LEVEL", help="low, medium, high, xhigh or max.")
    @click.option("--max-tokens", type=Count(), metavar="N", help="The longest answer.")
    @click.option("--scope", type=click.Choice(SCOPES), metavar="WHERE", help="Recall from this session, all, or off.")
    @wraps(function)
    def with_options(*arguments: object, **options: object) -> int:
        named = {name: options.pop(name) for name in ("model", "system", "effort", "max_tokens", "scope")}
        return function(*arguments, options={name: value for name, value in named.items() if value is not None}, **options)

    return with_options


raw_option = click.option("--raw", is_flag=True, help="Do not render the answer's Markdown.")


def answer_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options that say how an answer is shown: the command gets them as `presentation`."""

    @click.option("--stream", is_flag=True, help="Stream into a pipe or a file, too.")
    @raw_option
    @json_option
    @click.option("--stream-json", "lines", is_flag=True, help="Print JSON lines; the last is the result.")
    @click.option("-q", "--quiet", is_flag=True, help="Print only the answer and failures.")
    @wraps(function)
    def with_presentation(*arguments: object, stream: bool, raw: bool, as_json: bool, lines: bool, quiet: bool, **options: object) -> int:
        return function(*arguments, presentation=Presentation(as_json, stream, lines, raw, quiet), **options)

    return with_presentation


def bridge_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options that choose a bridge: the command gets them as `choice`."""

    @click.option("--url", metavar="URL", default="", help="Use this bridge (default: CLAUDE_BRIDGE_URL, the profile, else --local).")
    @click.option("--local", is_flag=True, help="Use a bridge on this machine.")
    @click.option("--profile", metavar="NAME", default="", help="Use this profile of the configuration.", shell_complete=complete_profile)
    @click.option("--stand-in", is_flag=True, help="Let a stand-in answer: no key, no cost.")
    @wraps(function)
    def with_choice(*arguments: object, url: str, local: bool, profile: str, stand_in: bool, **options: object) -> int:
        named = [name for name, value in {"--url": url, "--profile": profile, "--local": local, "--stand-in": stand_in}.items() if value]
        if len(named) > 1 and named != ["--local", "--stand-in"]:
            raise click.UsageError(f"{' and '.join(named)} exclude each other.")
        return function(*arguments, choice=Choice(url, local, stand_in, profile), **options)

    return with_choice
