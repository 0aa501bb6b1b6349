"""One spelling for what people write in several ways: accents, letters of one sound, digits of every script, what cannot be seen. Pure."""

from __future__ import annotations

import re
import unicodedata

# Signs of these scripts stand within words and tell them apart, unlike accents: Indic, Thai to Tibetan, Burmese, Khmer, and kana's voicing.
_SIGN = "[\u0900-\u0eff\u1000-\u109f\u1780-\u17d3\u17dd\u3099\u309a]"
_NUKTA = frozenset("\u093c\u09bc\u0a3c\u0abc\u0b3c\u0cbc")
_NOTHING = frozenset("ءـ\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters without a sound, and signs that cannot be seen but are of no category that says so."""
_NEVER_SEEN = (range(0x2060, 0x2070), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000))
"""Code points that Unicode keeps for such signs, also those it has not given away."""

# Written one way or the other, with one reading. Pairs: each letter, and the one that stands for it.
_PAIRS = (
    "ٱا" "ىي" "یي" "کك" "ڪك" "ةه" "ہه" "ھه" "ەه" "ۃه"  # Arabic, and what Persian, Urdu and Kurdish keyboards have in its place
    "ךכ" "םמ" "ןנ" "ףפ" "ץצ"  # final forms
    "ðd" "ÐD" "ıi" "əe" "ƏE" "ŋn" "ŊN" "ɛe" "ƐE" "ɔo" "ƆO"
    "\u0901\u0902" "ヵか" "ヶか" "ゕか" "ゖか"
    "ʹ'" "ʻ'" "ʼ'" "ʽ'" "ʾ'" "ʿ'" "ˈ'" "‘'" "’'" "‛'" "′'" "׳'" "‐-" "‑-" "‒-" "–-"
)  # fmt: skip
_LETTERS = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)) | {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "TH", "ĳ": "ij", "Ĳ": "IJ",
    "װ": "וו", "ױ": "וי", "ײ": "יי", "ৎ": "ত্",
    "ൺ": "ണ്", "ൻ": "ന്", "ർ": "ര്", "ൽ": "ല്", "ൾ": "ള്", "ൿ": "ക്",
}  # fmt: skip

_TWO_LETTERS = re.compile("[äöüåøÄÖÜÅØ]")
_AS_TWO_LETTERS = {ord(one): two for one, two in zip("äöüåøÄÖÜÅØ", re.findall("..", "aeoeueaaoeAeOeUeAaOe"), strict=True)}

_KATAKANA = range(ord("ァ"), ord("ヴ") + 1)
_TO_HIRAGANA = ord("ァ") - ord("ぁ")

_IN_SEQUENCES = re.compile("[\u094dय\u0e4dเ〜―—−א-ת]")
"""One of these is in every one of the sequences: to look for single characters is quick."""
_SEQUENCES = (
    "(?P<nasal>[ङञणनम]\u094d(?=[क-ह]))"  # हिन्दी, हिंदी
    "|य(?<=[\u0900-\u094c]य)(?P<glide>[\u0940\u0947])"  # गये, गए
    "|\u0e4d(?P<tone>[\u0e48-\u0e4b])"  # the two parts of Thai sara am, around a tone
    "|(?P<ae>เเ)"
    "|(?P<long>[〜―—−](?<=[ぁ-ゖ].)(?=[ぁ-ゖ]))"  # a dash for the sign of a long vowel
    "|(?P<quote>[\"'\u05f4](?<=[א-ת].)(?=[א-ת]))"
)


def spelled(text: str) -> str:
    """`text` in the one spelling by which texts are compared. Upper case stays.

    The time this takes can grow with the square of a run of accents: for texts of a few thousand characters.
    """
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFC", text).translate(_SPELLING)
    if "\u3099" in plain or "\u309a" in plain:  # Half-width kana have their voicing beside them.
        plain = unicodedata.normalize("NFC", plain)
    return re.sub(_SEQUENCES, _sequence, plain) if _IN_SEQUENCES.search(plain) else plain


def in_two_letters(text: str) -> list[str]:
    """The words of `text` with letters for which two are usual as well: Zuerich for Zürich, Aarhus for Århus."""
    if text.isascii() or not _TWO_LETTERS.search(composed := unicodedata.normalize("NFC", text)):
        return []
    return [spelled(word.translate(_AS_TWO_LETTERS)) for word in composed.split() if not word.isascii() and _TWO_LETTERS.search(word)]


class _Spelling(dict[int, str]):
    """The spelling of a character by its code point, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        spelling = self[code] = _of_character(chr(code))
        return spelling


_SPELLING = _Spelling()


def _of_character(character: str) -> str:
    decimal = unicodedata.decimal(character, None)
    if decimal is not None:
        return str(decimal)
    if character in _LETTERS:
        return _LETTERS[character]
    if _is_nothing(character):
        return ""
    if ord(character) in _KATAKANA:
        return chr(ord(character) - _TO_HIRAGANA)
    parts = unicodedata.normalize("NFKD", character)
    if parts != character:
        return unicodedata.normalize("NFC", "".join(map(_of_character, parts)))
    return _without_stroke(character)


def _is_nothing(character: str) -> bool:
    """Whether it is an accent, or cannot be seen: see Default_Ignorable_Code_Point."""
    if character in _NOTHING or character in _NUKTA:
        return True
    category = unicodedata.category(character)
    return (
        category == "Cf"
        or (category == "Mn" and not re.match(_SIGN, character))
        or (category == "Cn" and any(ord(character) in never_seen for never_seen in _NEVER_SEEN))
    )


def _without_stroke(character: str) -> str:
    """The letter that Unicode names before a "with": l for l with stroke, which has no decomposition."""
    name, _, extra = unicodedata.name(character, "").partition(" WITH ")
    return unicodedata.lookup(name) if extra and name.startswith(("LATIN", "CYRILLIC")) else character


def _sequence(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "nasal":
        return "\u0902"
    if kind == "glide":
        return "ई" if match[kind] == "\u0940" else "ए"
    if kind == "tone":
        return match[kind] + "\u0e4d"
    return {"ae": "แ", "long": "ー"}.get(kind or "", "")
