"""How a message is meant: it leans on the last answer, gives a standing instruction, asks for the assistant's words. Pure.

Patterns over what the message says in one spelling (`spelling.spelled`) and in lower case; where words are not spaced they match anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from functools import cache
from itertools import pairwise

from bridge.memory.language import phrase_words as phrases
from bridge.memory.language.lexicon import UNKNOWN, Lexicon, is_unspaced, parts
from bridge.memory.language.phrasebook import phrasebook, word_set, words_of
from bridge.memory.language.spelling import spelled

LEANING_CHARACTERS, LEANING_WORDS = 120, 12
INSTRUCTION_CHARACTERS = 300
MAX_READ = 1_000
"""Of a longer message only the end is read: that is where the request stands."""
PRONOUN_WORDS, SHORT_WORDS, SHORT_CHARACTERS, SHORT_UNSPACED = 8, 4, 60, 12
_NAMES = re.compile(
    r"[^\W_]_[^\W_]|\b(?!TypeScript|JavaScript|LaTeX|GraphQL)\w*[a-z][A-Z]|[^\W_]\.[^\W_]|[\"“”«»„`「『]|https?:"
    r"|(?<!it)(?<!hat)(?<!let)(?<!ere)['’]s "
)
"""Names from code and quotations: such a message says itself what it is about."""

_HANGUL = "\uac00"  # There, words are spaced, only their particles are not.
_WORD = re.compile("(?:[^\\W_]|[\u0900-\u0963])+")

_LEANING = (
    r"K[^MW]{0,5}",
    r"[NI]?x?[EAQ]?[PBO]{0,3}x?[OG]?C[xBCILGKPEN]{0,4}",  # (make it) shorter
    r"[EAQ](?=[^MW]*P)[^MW]{1,8}",  # translate that to French
    r"P[^MW]{0,4}[EAQ]",  # das ins Französische übersetzen
    r"Q[^MW]{0,6}",
    r"[EAGI]{0,2}(?:OB|BO)[^MW]{0,5}",  # explain step 3
    r"[EA]B[^MWI]{0,3}",  # rename the function
    r"A(?!O*$)[xBOIPGCNL]{1,4}",  # add error handling
    r"[GEP]{0,2}I*O?LG?[IEC]*|GL|E?I*L[IEGC]*",  # now in Rust
    r"E?O?G[xBOCIG]{0,2}L?",  # three more examples
    r"N[xBGCLP]{1,3}",  # without the comments
    r"xA|x?E",
)


def leans(text: str) -> bool:
    """Whether a short message changes, repeats or goes on with the last answer: "make it shorter", "now in Rust", "continue week 12"."""
    said = text.strip()
    if not 0 < len(said) <= LEANING_CHARACTERS or _NAMES.search(said):
        return False
    codes = _codes(said)
    return codes is not None and bool(_leaning().fullmatch(codes))


def _codes(text: str) -> str | None:
    """The codes of the words that say something; None where the words are too many."""
    lexicon = _leaning_words()
    said = [part for part in parts(spelled(text).casefold()) if part[0].isalnum()]
    codes, count, place = "", 0, 0
    while place < len(said):
        size, expression = lexicon.longest(said, place)
        code = "O" if said[place][0].isdecimal() else lexicon.meaning(expression).code
        goes_on = code == "x" and codes.endswith("x") and is_unspaced(said[place][0])
        if not goes_on:
            count += size
            codes += code if code != "F" else ""
        place += size
    return codes if count <= LEANING_WORDS else None


def named(text: str, defined: Container[str]) -> list[str]:
    """Which `defined` functions ("name(") a short message is about.

    A word that may mean something else is a name where one stands: after "to", or, in what is not a question, where it means nothing else.
    """
    words = re.findall(r"\w+", text.lower(), re.ASCII) if len(text) <= LEANING_CHARACTERS else []
    return [
        f"{word}("
        for before, word in pairwise(["", *words])
        if f"{word}(" in defined
        and (
            before in ("to", "in", "function")
            or (_leaning_words().meaning(word).code == UNKNOWN and ("_" in word or not is_question(text)))
        )
    ]


@cache
def _leaning_words() -> Lexicon:
    return Lexicon.of(phrases.LEANING)


def is_question(text: str) -> bool:
    """Whether it ends in a question mark."""
    return text.rstrip().endswith(("?", "\uff1f", "\u061f"))


def is_instruction(text: str) -> bool:
    """Whether a message of the person says how to answer from now on, or what to keep in mind. Questions do not."""
    if len(text) > INSTRUCTION_CHARACTERS:
        return False
    words = words_of(text)
    if words[:1] and words[0] in word_set(phrases.REQUESTS) and phrasebook(phrases.STANDING_REQUESTS).matches(words):
        return True
    if _QUESTION.search(text) or phrasebook(phrases.QUESTIONS).matches(words):
        return False
    return phrasebook(phrases.STANDING).matches(words) or any(_orders(words_of(part)) for part in _SENTENCE_END.split(text))


_QUESTION = re.compile(r"[?？؟]|か[。\s]*$|[吗嗎呢]\W*$")
_SENTENCE_END = re.compile(r"[.!;:\n।。！]\s*")


def _orders(words: list[str]) -> bool:
    """Whether an "always" or "never" stands near the beginning of a sentence that has no subject, so is an order."""
    for most, always in phrases.ALWAYS.items():
        for place, word in enumerate(words):
            if word in word_set(always):
                before = set(words[:place]) - word_set(phrases.POLITE) - word_set(phrases.ADDRESSING)
                states = word_set(phrases.SUBJECTS) & before or word_set(phrases.TENSES) & {*words[place + 1 : place + 2]}
                return len(before) <= most and not states
    return False


def asks_assistant(text: str) -> bool:
    """Whether a message asks for what the assistant said: "did you recommend ...", "your advice"."""
    return phrasebook(phrases.ASSISTANT).matches(words_of(text[-MAX_READ:]))


def follow_up(text: str) -> str:
    """How a message follows what was just said: "pronoun" (or an opening "and") in at most 8 words, "short", or ""."""
    said = unicodedata.normalize("NFC", text).casefold().strip() if len(text) <= MAX_READ else ""
    words = _WORD.findall(said)
    if any(is_unspaced(character) and character < _HANGUL for character in said):
        if len(said) <= 2 * SHORT_UNSPACED and any(pronoun in said for pronoun in phrases.UNSPACED_PRONOUNS):
            return "pronoun"
        return "short" if len(said) <= SHORT_UNSPACED else ""
    if 0 < len(words) <= PRONOUN_WORDS and _refers(words):
        return "pronoun"
    return "short" if 0 < len(words) <= SHORT_WORDS and len(said) <= SHORT_CHARACTERS else ""


def _refers(words: list[str]) -> bool:
    """Whether one of the words stands for what was said before."""
    if words[0] in phrases.OPENINGS.split() or words[-1] in phrases.LAST_WORDS.split():
        return True
    pronouns = [phrases.PRONOUNS.split()]
    pronouns += [said.split() for said, hints in phrases.HINTED_PRONOUNS.items() if not set(words).isdisjoint(hints.split())]
    return any(not set(words).isdisjoint(some) for some in pronouns)


@cache
def _leaning() -> re.Pattern[str]:
    return re.compile("|".join(_LEANING))
