"""How a message is meant: it leans on the last answer, gives a standing instruction, asks for the assistant's words. Pure.

Patterns over what the message says in one spelling (`terms.spelled`) and in lower case; where words are not spaced they match anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from bridge.memory.language import phrase_patterns as patterns
from bridge.memory.language.lexicon import Lexicon, parts_pattern
from bridge.memory.language.phrase_words import LEANING_WORDS
from bridge.memory.terms import spelled

LEANING_CHARACTERS, LEANING_WORDS_MOST = 120, 12
INSTRUCTION_CHARACTERS = 300
MOST_READ = 1_000
"""Of a longer message only the end is looked at: what is asked for stands there."""
PRONOUN_WORDS, SHORT_WORDS, SHORT_CHARACTERS, SHORT_UNSPACED = 8, 4, 60, 12

_NAMES = re.compile(
    r"[^\W_]_[^\W_]|\b(?!TypeScript|JavaScript|LaTeX|GraphQL)\w*[a-z][A-Z]|[^\W_]\.[^\W_]|[\"“”«»„`「『]|https?:",
)
"""Names from code and quotations: such a message says itself what it is about."""

_WORD = re.compile("(?:[^\\W_]|[\u0900-\u0963])+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_POLITE = "please and also ok okay so but just hi hello then bitte und por favor"
_ADDRESSING = f"{_POLITE} you can should must may do du sollst"

_LEANING = (
    r"K[^MW]{0,5}",
    r"N?x?[EAQ]?[PB]{0,2}x?[OG]?C[xBCILGKPE]{0,3}",  # (make it) shorter
    r"[EAQ](?=[^MW]*P)[^MW]{1,8}",  # translate that to French
    r"P[^MW]{0,4}[EAQ]",  # das ins Französische übersetzen
    r"Q[^MW]{0,6}",
    r"[EAGI]{0,2}(?:OB|BO)[^MW]{0,5}",  # explain step 3
    r"[EA]B[^MWI]{0,3}",  # rename the function
    r"A[xBOIPGCNL]{1,4}",  # add error handling
    r"[GE]{0,2}I*O?LG?[IEC]*|GL|E?I*L[IEGC]*",  # now in Rust
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
    lexicon, pattern = _leaning_words()
    parts = pattern.findall(spelled(text).casefold())
    codes, count, place = "", 0, 0
    while place < len(parts):
        size, expression = lexicon.longest(parts, place)
        code = "O" if parts[place][0].isdecimal() else lexicon.meaning(expression).code
        goes_on = code == "x" and len(parts[place]) == 1 and codes.endswith("x") and not parts[place].isascii()
        if not goes_on:
            count += size
            codes += code if code != "F" else ""
        place += size
    return codes if count <= LEANING_WORDS_MOST else None


@cache
def _leaning_words() -> tuple[Lexicon, re.Pattern[str]]:
    lexicon = Lexicon.of(LEANING_WORDS)
    return lexicon, parts_pattern(lexicon.words, r"\d+")


def is_instruction(text: str) -> bool:
    """Whether a message of the person says how to answer from now on, or what to keep in mind. Questions do not."""
    if len(text) > INSTRUCTION_CHARACTERS:
        return False
    said = _plain(text)
    if _compiled(patterns.POLITE).search(said):
        return True
    if re.search(r"[?؟]|か[。\s]*$|[吗嗎呢]\W*$", said) or _compiled(patterns.QUESTIONS).search(said):
        return False
    return bool(_compiled(patterns.STANDING).search(said)) or any(map(_orders, re.split(r"[.!;:\n।。！]\s*", said)))


def _orders(sentence: str) -> bool:
    """Whether an "always" or "never" stands near the beginning of a sentence that has no subject, so is an order."""
    for most, words in patterns.ALWAYS.items():
        match = _compiled(words).search(sentence)
        if match:
            before = [word for word in re.findall(r"\w+", sentence[: match.start()]) if word not in _words(_ADDRESSING)]
            after = re.findall(r"\w+", sentence[match.end() : match.end() + 20])[:1]
            return len(before) <= most and _words(patterns.STATES).isdisjoint([*before, *after])
    return False


def asks_assistant(text: str) -> bool:
    """Whether a message asks for what the assistant said: "did you recommend ...", "your advice"."""
    return bool(_compiled(patterns.ASSISTANT).search(_plain(text[-MOST_READ:])))


def asks_overview(text: str) -> bool:
    """Whether a message asks for an order, a list or a summary of what was said."""
    return bool(_compiled(patterns.OVERVIEW).search(_plain(text[-MOST_READ:])))


def follow_up(text: str) -> str:
    """How a message follows what was just said: "pronoun" (or an opening "and") in at most 8 words, "short", or ""."""
    said = unicodedata.normalize("NFC", text).casefold().strip() if len(text) <= MOST_READ else ""
    words = _WORD.findall(said)
    if _UNSPACED.search(said):
        if len(said) <= 2 * SHORT_UNSPACED and _compiled(patterns.UNSPACED_PRONOUNS).search(said):
            return "pronoun"
        return "short" if len(said) <= SHORT_UNSPACED else ""
    if 0 < len(words) <= PRONOUN_WORDS and _refers(words):
        return "pronoun"
    return "short" if 0 < len(words) <= SHORT_WORDS and len(said) <= SHORT_CHARACTERS else ""


def _refers(words: list[str]) -> bool:
    """Whether one of the words stands for what was said before."""
    if words[0] in _words(patterns.OPENINGS) or words[-1] in _words(patterns.LAST_WORDS):
        return True
    hinted = (_words(pronouns) for pronouns, hints in patterns.HINTED_PRONOUNS.items() if not _words(hints).isdisjoint(words))
    return any(not pronouns.isdisjoint(words) for pronouns in (_words(patterns.PRONOUNS), *hinted))


def _plain(text: str) -> str:
    return spelled(text).casefold().strip()


@cache
def _words(data: str) -> frozenset[str]:
    return frozenset(data.split())


@cache
def _leaning() -> re.Pattern[str]:
    return re.compile("|".join(_LEANING))


@cache
def _compiled(data: str) -> re.Pattern[str]:
    """Finds the phrases of `phrase_patterns`."""
    return re.compile("|".join(map(_phrase, spelled(data).split())))


def _phrase(phrase: str) -> str:
    begin, phrase = (rf"^(?:(?:{_POLITE.replace(' ', '|')})\W+)*", phrase[1:]) if phrase[0] == "^" else ("", phrase)
    parts = [f"(?:{'|'.join(map(_alternative, part.split('/')))})" for part in phrase.split("~")]
    return begin + ".{0,30}".join(parts)


def _alternative(words: str) -> str:
    word = re.escape(words.rstrip("*")).replace("_", r"\s").replace("'", r"\W?")
    if _UNSPACED.match(words) or "\uac00" <= words[0] <= "\ud7af":
        return word
    return rf"\b{word}" + (r"\b" if words[-1].isalnum() else "")
