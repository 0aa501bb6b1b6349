"""The rules by which secrets are recognised: our own, and those of gitleaks (github.com/gitleaks/gitleaks).

`gitleaks.toml` is the configuration built into gitleaks 8.30.1, unchanged; LICENSE.gitleaks is its licence (MIT). It is made for files of
code: here, in prose, a key may be followed by any punctuation, and one whose format is unmistakable needs no entropy.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from bridge_client.secret_rules.formats import FORMATS, NAMED

GITLEAKS = Path(__file__).parent / "gitleaks.toml"

_LEFT_OUT = frozenset(
    {
        "curl-auth-header",  # Matched in quadratic time by Python; `authorization-header` and `url-password` say the same.
        "curl-auth-user",
        "generic-api-key",  # Any long word after "key" or "access", hashes and UUIDs included; NAMED is narrower.
        "sourcegraph-access-token",  # Any hash of a commit in a text about Sourcegraph.
    }
)
_BESIDE_A_NAME = "(?:=|>|:{1,3}="
"""In every rule of gitleaks for a kind without a format of its own: the name, an operator, the secret."""
_LOOSE = frozenset({"vault-service-token", "octopus-deploy-api-key"})
_PREFIX = r"[\w.-]{0,50}?"
_SUFFIX = r"""(?:[\x60'"\s;]|\\[nr]|$)"""
_NO_MORE = r"(?![A-Za-z0-9])"


class Rule:
    """`keywords`: in lower case; where none of them is in a text, the rule has nothing to find there."""

    def __init__(self, kind: str, expression: str, keywords: tuple[str, ...], entropy: float = 0.0, secret: int | None = None) -> None:
        self.kind = kind
        self.keywords = keywords
        self._expression = expression
        self._entropy = entropy
        self._secret = secret

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a text may need it: most rules are never needed."""
        return re.compile(self._expression)

    def group(self, match: re.Match[str]) -> int:
        """The group that holds the secret: the one that is named, else the first that matched, else all."""
        if self._secret is not None:
            return self._secret
        return next((number for number, text in enumerate(match.groups(), 1) if text), 0)

    def is_secret(self, text: str) -> bool:
        return not text.startswith("[redacted") and (not self._entropy or _entropy(text) >= self._entropy)


@cache
def all_rules() -> tuple[Rule, ...]:
    """Exact formats first: each secret is counted as the kind that it surely is."""
    formats = [Rule(kind, expression, keywords) for kind, expression, keywords in FORMATS]
    named = [Rule(kind, expression, keywords, entropy) for kind, expression, keywords, entropy in NAMED]
    exact: list[Rule] = []
    beside: list[Rule] = []
    for fields in tomllib.loads(GITLEAKS.read_text(encoding="utf-8"))["rules"]:
        if fields["id"] not in _LEFT_OUT and "regex" in fields:
            (beside if _BESIDE_A_NAME in fields["regex"] else exact).append(_of_gitleaks(fields))
    return (*exact, *formats, *beside, *named)


@cache
def rules_by_keyword() -> dict[str, list[int]]:
    """For each keyword the places of its rules in `all_rules`: a text is searched once for each keyword, and hardly by any expression."""
    places: dict[str, list[int]] = {}
    for place, rule in enumerate(all_rules()):
        for keyword in rule.keywords:
            places.setdefault(keyword, []).append(place)
    return places


def _of_gitleaks(fields: dict[str, Any]) -> Rule:
    source: str = fields["regex"]
    needs_entropy = _BESIDE_A_NAME in source or fields["id"] in _LOOSE
    keywords = tuple(keyword.lower() for keyword in fields.get("keywords", [""]))
    return Rule(
        fields["id"], python_expression(source), keywords, fields.get("entropy", 0.0) if needs_entropy else 0.0, fields.get("secretGroup")
    )


def python_expression(source: str) -> str:
    """An expression of Go's syntax (RE2) in Python's, which wants a flag that holds from here on to say up to where."""
    for old, new in ((_PREFIX, ""), (_SUFFIX, _NO_MORE), ("[[:alnum:]]", "[A-Za-z0-9]"), (r"\z", r"\Z")):
        source = source.replace(old, new)
    whole = "(?i)" if source.startswith("(?i)") else ""
    source = source.removeprefix("(?i)")
    while (place := source.find("(?i)")) >= 0:
        end = _end_of_group(source, place + 4)
        source = f"{source[:place]}(?i:{source[place + 4 : end]}){source[end:]}"
    return whole + source


def _end_of_group(expression: str, start: int) -> int:
    """Where the group that `start` lies in is closed; the end of the expression outside of groups."""
    depth = 0
    for place, character in _outside_classes(expression, start):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return place
    return len(expression)


def _outside_classes(expression: str, start: int) -> Iterator[tuple[int, str]]:
    """The characters that mean something: neither escaped nor within [...]."""
    place, within = start, False
    while place < len(expression):
        character = expression[place]
        if character == "\\":
            place += 2
            continue
        within = character == "[" or (within and character != "]")
        if not within:
            yield place, character
        place += 1


def _entropy(text: str) -> float:
    """Shannon's, in bits for a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
