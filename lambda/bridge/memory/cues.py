"""What a message asks for: its terms, whose words, and from when. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Set
from typing import NamedTuple

from bridge.memory.language.days import Span, names_beginning, spans
from bridge.memory.passages import pieces
from bridge.memory.terms import single_characters, terms, terms_of, words

MAX_READ = 16_000
"""Of a longer message its beginning and end are read, half as many characters each: what is asked stands before or after what is pasted."""
MAX_SINGLE_CHARACTERS = 4
"""At most this many of the characters that stand alone are looked for: each takes a walk over all terms of a conversation."""

_LABEL = re.compile(r"^[ \t]*([^\W\d_][^\W_]*(?: [^\W\d_][^\W_]*)?):\s", re.MULTILINE)
_WITHIN_SENTENCE = re.compile(r"(?<=[\w,;] )[^\W\d_]\w{2,}")
_FIRST_PERSON = frozenset(("i", "me", "my", "mine", "we", "us", "our", "ours"))
_SECOND_PERSON = frozenset(("you", "your", "yours"))


class SearchTerms(NamedTuple):
    """What a message looks for, worked out once.

    `text` is what was read of the message, `terms` how often each stands there, `single_characters` those that may be words by themselves,
    `names` those terms that are written like names, `spans` the days that it names; `beginning` tells whether it asks for how the
    conversation began.
    """

    text: str
    words: frozenset[str]
    terms: Mapping[str, int]
    single_characters: tuple[str, ...]
    names: frozenset[str] = frozenset()
    spans: tuple[Span, ...] = ()
    beginning: bool = False

    @classmethod
    def of(cls, message: str, now: float = 0.0, utc_offset: int = 0) -> SearchTerms:
        """`now` is in seconds since the epoch, `utc_offset` in minutes: whose days are named.

        Reads piece by piece: to normalise a text takes the square of its accents, and no other thread gets on meanwhile.
        """
        topic = cls.of_topic(message)
        text = topic.text
        return topic._replace(names=_names(text), spans=spans(text, now, utc_offset), beginning=names_beginning(text))

    @classmethod
    def of_topic(cls, message: str) -> SearchTerms:
        """What it is about, without the names and days in it."""
        text = message if len(message) <= MAX_READ else message[: MAX_READ // 2] + "\n" + message[-MAX_READ // 2 :]
        said = [word for start, end in pieces(text) for word in words(text[start:end])]
        singles = tuple(dict.fromkeys(single_characters(said)))[:MAX_SINGLE_CHARACTERS]
        return cls(text, frozenset(said), Counter(terms_of(said)), singles)


def _names(text: str) -> frozenset[str]:
    """The terms of the words that begin with a capital letter where no sentence begins."""
    return frozenset(term for word in _WITHIN_SENTENCE.findall(text) if word[0].isupper() for term in terms(word))


def speakers(text: str, before: list[str]) -> tuple[list[str], list[str]]:
    """Who speaks in `text`, and who at its end, where lines begin like those of minutes or of a chat ("Anna Berg: ..."): words of names.

    `before` is who speaks where no such line has begun.
    """
    labels = list(_LABEL.finditer(text))
    names = [list(words(label.group(1))) for label in labels]
    said = [] if labels and labels[0].start() == 0 else before
    return list(dict.fromkeys([*said, *(word for name in names for word in name)])), names[-1] if names else before


def roles(said: Set[str]) -> list[str]:
    """Whose messages a question in these words is about: "what did I say" about the user's, "what did you say" about the assistant's."""
    first, second = not said.isdisjoint(_FIRST_PERSON), not said.isdisjoint(_SECOND_PERSON)
    return ["user"] * (first and not second) + ["assistant"] * (second and not first)
