"""`import`: conversations out of files of other programs, or of a bridge, into this one."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bridge_client.commands.client import Client
from bridge_client.commands.moving.claude_code import session_id_of
from bridge_client.commands.moving.conversation import Conversation
from bridge_client.commands.moving.formats.reading import files_in, read, size_of
from bridge_client.commands.moving.progress import Bar
from bridge_client.commands.moving.runs import RunFile, Runs
from bridge_client.commands.moving.sending import Report, Sender
from bridge_client.commands.moving.wire import Wire
from bridge_client.commands.sessions import sessions
from bridge_client.failures import Failure, cancelled
from bridge_client.protocol.frames import Frame, objects_in, session_id_in, text_in
from bridge_client.redaction import redacted
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.wording import counted

EVERY = 1_000_000
NAMED = 5
"""How many reasons, files or kinds are named."""
COPY = "a copy in a forked session"
NO_WORDS = "a conversation without words"


class Options(NamedTuple):
    """`project`: for all that is imported; "": each conversation's own."""

    project: str = ""
    keep_secrets: bool = False
    dry_run: bool = False
    as_json: bool = False
    quiet: bool = False


@dataclass
class Outcome:
    """What was found and done. `unread`: files and why they could not be read. `turns`: that were found."""

    report: Report = field(default_factory=Report)
    conversations: int = 0
    turns: int = 0
    unread: list[tuple[str, str]] = field(default_factory=list)
    run: str = ""

    def fields(self, options: Options) -> Frame:
        """As `--json` prints it."""
        report = self.report
        fields: Frame = {"conversations": self.conversations, "turns": self.turns}
        if not options.dry_run:
            fields |= {"added": report.added, "present": report.present, "sessions": len(report.sessions), "renamed": report.renamed}
        skipped = {"skipped": dict(report.skipped), "unread": [{"path": path, "reason": reason} for path, reason in self.unread]}
        return {**fields, **skipped, "redacted": dict(report.redacted), "dry_run": options.dry_run, "run": self.run or None}


def import_files(client: Client, runs: Runs, paths: tuple[str, ...], options: Options, now: datetime) -> int:
    """Imports all that the paths hold, each turn once, and says so; returns the exit code. Raises `Failure`."""
    files = files_in(paths)
    if not files:
        raise Failure("bad_usage", f"There is nothing to import in {', '.join(paths)}: no file that ends in .json, .jsonl or .zip.")
    outcome = Outcome()
    failure: Failure | None = None
    if options.dry_run:
        for _ in _prepared(files, options, outcome, now):
            pass
    else:
        failure = _imported(client, runs, files, options, outcome, now)
    if failure is None and options.as_json:
        client.output.write_json(outcome.fields(options))
    else:
        _tell(client, outcome, options)
    if failure is not None:
        client.notes.say("The same command goes on where it stopped.", style="")
        raise failure
    return 2 if outcome.unread and not outcome.conversations else 0


def _imported(client: Client, runs: Runs, files: list[Path], options: Options, outcome: Outcome, now: datetime) -> Failure | None:
    """Why it ended early, if it did."""
    client.require("import", "imports")
    client.endpoint()
    known = {session_id_in(row) for row in sessions(client, EVERY)}
    order = {session_id: place for place, session_id in enumerate(began for run in runs.all() for began in run.began)}
    # Of a session and its fork, the one that was imported first keeps what they have in common.
    files.sort(key=lambda path: order.get(session_id_of(path.stem), len(order)))
    journal = runs.start(client.place, now)
    try:
        with Bar(sys.stderr, client.output.colour, size_of(files), shown=not (options.quiet or options.as_json)) as bar:
            asyncio.run(_send(client, files, options, outcome, known, journal, bar, now))
        journal.end()
    except Failure as failure:
        return failure
    except KeyboardInterrupt:
        return cancelled()
    finally:
        outcome.run = "" if journal.is_empty else journal.name
    return None


async def _send(
    client: Client, files: list[Path], options: Options, outcome: Outcome, known: set[str], journal: RunFile, bar: Bar, now: datetime
) -> None:
    async with Wire(client, bar.say) as wire:

        async def request(frame: Frame, reply: str) -> Frame:
            return await wire.request(frame, reply)

        def progress(done: int) -> None:
            bar.advance(done)
            bar.say(f"{outcome.report.added:,} new, {outcome.report.present:,} there already")

        sender = Sender(request, journal, known, outcome.report, progress)
        await sender.send_all(_prepared(files, options, outcome, now))


def _prepared(files: list[Path], options: Options, outcome: Outcome, now: datetime) -> Iterator[tuple[Conversation, int]]:
    """The conversations as they are sent, and how many bytes of the files each of them stands for."""
    seen: dict[str, str] = {}
    for result in read(files, now.timestamp()):
        if result.skipped:
            outcome.unread.append((result.path, result.skipped))
        conversation = result.conversation or Conversation("")
        if result.conversation is not None:
            outcome.conversations += 1
            if not (conversation.turns or conversation.skipped):
                conversation.skipped[NO_WORDS] += 1
        _drop_copies(conversation, seen)
        if options.project and conversation.turns:
            conversation.settings["project"] = options.project
        if not options.keep_secrets:
            outcome.report.redacted += _redact(conversation)
        outcome.turns += len(conversation.turns)
        if options.dry_run:
            outcome.report.skipped += conversation.skipped
        yield conversation, result.done


def _drop_copies(conversation: Conversation, seen: dict[str, str]) -> None:
    if not conversation.origins:
        return
    pairs = list(zip(conversation.turns, conversation.origins, strict=True))
    own = [(turn, origin) for turn, origin in pairs if seen.setdefault(origin, conversation.session_id) == conversation.session_id]
    if len(own) < len(pairs):
        conversation.skipped[COPY] += len(pairs) - len(own)
    conversation.turns, conversation.origins = [turn for turn, _ in own], [origin for _, origin in own]


def _redact(conversation: Conversation) -> Counter[str]:
    """Takes the secrets out of all that is sent, and counts them."""
    counts: Counter[str] = Counter()

    def clean(text: str) -> str:
        text, kinds = redacted(text)
        counts.update(kinds)
        return text

    for turn in conversation.turns:
        turn["context"] = [{**message, "content": clean(text_in(message, "content"))} for message in objects_in(turn, "context")]
    conversation.settings |= {
        name: clean(conversation.settings[name]) for name in ("title", "system") if text_in(conversation.settings, name)
    }
    return counts


def _summary(outcome: Outcome, options: Options) -> str:
    report = outcome.report
    if options.dry_run:
        amount = f"{counted(outcome.turns, 'turn')} of {counted(outcome.conversations, 'conversation')}"
        return f"{amount} would be imported, as far as they are new."
    into = f" into {counted(len(report.sessions), 'session')}" if report.added else ""
    there = f"{report.present:,} {'was' if report.present == 1 else 'were'} there already"
    return f"Imported {counted(report.added, 'turn')}{into}; {there}."


def _tell(client: Client, outcome: Outcome, options: Options) -> None:
    say, report = client.notes.say, outcome.report
    if outcome.conversations or not outcome.unread:
        say(_summary(outcome, options), style="")
    if report.redacted:
        amount = counted(report.redacted.total(), "secret")
        say(f"Redacted {amount}: {_listed(report.redacted)}. With --keep-secrets they stay as they are.", style="")
    if report.skipped:
        say(f"Left out: {_listed(report.skipped)}.", style="")
    for path, reason in outcome.unread[:NAMED]:
        say(f"Not read: {path}: {reason}.", style="")
    if len(outcome.unread) > NAMED:
        say(f"Not read: {len(outcome.unread) - NAMED:,} more. All of them: --json", style="")
    for old, new in list(report.renamed.items())[:1]:
        others = len(report.renamed) - 1
        so = f", and {counted(others, 'other')} likewise" if others else ""
        say(f"{old} is imported as {new}{so}: an earlier session left something under its own id.", style="")
    if outcome.run:
        client.notes.say_command("To undo this:", client.hints.command("import", "--undo", outcome.run))


def _listed(counts: Counter[str]) -> str:
    named = [f"{one_line(name)} ({count:,})" for name, count in counts.most_common(NAMED)]
    return ", ".join((*named, "...") if len(counts) > NAMED else named)
