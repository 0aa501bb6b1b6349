"""`doctor`: everything on the way to Claude, part by part, and what to do about what does not work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from bridge_client.commands.client import Client, with_model
from bridge_client.commands.ping import FAILED, OK, STYLES, UNKNOWN, checks_of
from bridge_client.failures import Failure
from bridge_client.protocol.frames import Frame, text_in
from bridge_client.terminal.console import console_for
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.rendering.entries import Entry, show_entries
from bridge_client.terminal.wording import duration

SKEW_SECONDS = 120.0
"""A clock that is further off is worth a word: what was said "yesterday" depends on it."""
FACT = "-"
"""In a pipe, the result of what cannot fail."""


class Finding(NamedTuple):
    part: str
    result: str
    detail: str = ""
    failure: Failure | None = None


def doctor(client: Client, facts: Iterable[tuple[str, str]], troubles: Sequence[Finding], now: datetime, *, as_json: bool) -> int:
    """Looks at everything, and shows it; returns the exit code of the first part that does not work, or 0.

    `facts` are of this machine, `troubles` what was seen there to be wrong.
    """
    findings = [*(Finding(part, FACT, detail) for part, detail in facts), *troubles, *_bridge(client, now)]
    failed = [finding.failure for finding in findings if finding.failure]
    if as_json:
        client.output.write_json({"ok": not failed, "checks": [_fields(client, finding) for finding in findings]})
    else:
        _show(client, findings)
        for failure in failed:
            client.report(failure)
        if not failed:
            client.notes.say("All is well.")
    return failed[0].exit_code if failed else 0


def _bridge(client: Client, now: datetime) -> Iterator[Finding]:
    """The parts on the way to Claude, as far as they can be reached."""
    try:
        seconds, pong, date = client.ping()
    except Failure as failure:
        part = "token" if failure.code == "not_allowed" else "configuration" if failure.code == "bad_configuration" else "bridge"
        yield Finding(part, FAILED, failure.message, failure)
        return
    if client.token:
        yield Finding("token", OK, "accepted")
    version = text_in(pong, "version")
    yield Finding("version", OK if version else UNKNOWN, version or "an older bridge, which does not say")
    for check in checks_of(round(seconds * 1000, 1), with_model(client, pong)):
        detail = check.failure.message if check.failure else check.detail
        yield Finding(check.part, check.result, detail, check.failure)
    yield _clock(date, now)


def _clock(date: str, now: datetime) -> Finding:
    try:
        off = (now - parsedate_to_datetime(date)).total_seconds()
    except (ValueError, TypeError):
        return Finding("clock", UNKNOWN, f"{now:%Y-%m-%d %H:%M %Z}")
    if abs(off) <= SKEW_SECONDS:
        return Finding("clock", OK, f"{now:%Y-%m-%d %H:%M %Z}")
    words = f"This machine's clock is {duration(abs(off))} {'ahead of' if off > 0 else 'behind'} the bridge's. Set it by the network."
    return Finding("clock", FAILED, f"{now:%Y-%m-%d %H:%M %Z}", Failure("clock", words))


def _fields(client: Client, finding: Finding) -> Frame:
    failure = finding.failure
    fields: Frame = {"part": finding.part, "result": finding.result, "detail": finding.detail}
    if failure:
        fields |= {"error": failure.message, "code": failure.code, "advice": client.advice(failure)}
    return fields


def _show(client: Client, findings: Sequence[Finding]) -> None:
    """Lines of columns; in a pipe with tabs between them."""
    rows = [(one_line(finding.part), finding.result, one_line(finding.detail)) for finding in findings]
    if not client.output.on_terminal:
        client.output.show("".join("\t".join(row).rstrip() + "\n" for row in rows))
        return
    # What failed is said below, with what to do.
    entries = [Entry(part, "" if result == FAILED else detail, "" if result == FACT else result) for part, result, detail in rows]
    show_entries(console_for(client.output.stream, client.output.colour), entries, STYLES)
