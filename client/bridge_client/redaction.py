"""Takes keys, tokens and passwords out of text before it is stored anywhere. Pure."""

from __future__ import annotations

from collections import Counter
from functools import partial
from re import Match

from bridge_client.secret_rules.rules import Rule, all_rules, rules_by_keyword


def redacted(text: str) -> tuple[str, Counter[str]]:
    """The text with `[redacted: KIND]` in place of each secret, and how often each kind was counts.

    A kind is a name like `github-pat`. What has no format of its own is recognised only next to its usual name ("password = ...").
    """
    counts: Counter[str] = Counter()
    lower = text.lower()
    rules, by_keyword = all_rules(), rules_by_keyword()
    for number in sorted({number for keyword, numbers in by_keyword.items() if keyword in lower for number in numbers}):
        text = rules[number].pattern.sub(partial(_replaced, rules[number], counts), text)
    return text, counts


def _replaced(rule: Rule, counts: Counter[str], match: Match[str]) -> str:
    whole = match[0]
    group = rule.group(match)
    if not rule.is_secret(match[group]):
        return whole
    counts[rule.kind] += 1
    start, end = (place - match.start() for place in match.span(group))
    return f"{whole[:start]}[redacted: {rule.kind}]{whole[end:]}"
