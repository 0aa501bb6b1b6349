"""One spelling for what people write in several ways."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.memory.language.spelling import in_two_letters, spelled
from bridge.memory.quoting import INVISIBLE
from bridge.memory.terms import terms

ALL = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]

# https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt
DEFAULT_IGNORABLE = (
    *(0xAD, 0x34F, 0x61C, 0x3164, 0xFEFF, 0xFFA0),
    *(*range(0x115F, 0x1161), *range(0x17B4, 0x17B6), *range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F)),
    *(*range(0x2060, 0x2070), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B)),
    *range(0xE0000, 0xE1000),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أحمد", "احمد"),
        ("إسلام", "اسلام"),
        ("آمال", "امال"),
        ("مسؤول", "مسوول"),
        ("مدرسة", "مدرسه"),
        ("على", "علي"),
        ("کتاب", "كتاب"),
        ("یک", "يك"),
        ("جمي\u0640\u0640\u0640ل", "جميل"),
        ("ك\u0650ت\u064eاب", "كتاب"),
        ("شيء", "شي"),
        ("٢٣", "23"),
        ("۲۳", "23"),
        ("२३", "23"),
        ("２３", "23"),
        ("ٱلله", "الله"),
        ("ه\u0670ذا", "هذا"),
        ("رئيس", "رييس"),
        ("ק\u05b4ב\u05bcו\u05bcץ", "קבוץ"),
        ("צה״ל", "צהל"),
        ("צה\u0022ל", "צהל"),
        ("ג׳ירפה", "ג'ירפה"),
        ("καφές", "καφεσ"),
        ("Άγιος", "αγιος"),
        ("ΑΘΗΝΑ", "Αθήνα"),
        ("ёлка", "елка"),
        ("м’яч", "м'яч"),
        ("м\u02bcяч", "м'яч"),
        ("ґанок", "ганок"),
        ("за\u0301мок", "замок"),
        ("Łódź", "Lodz"),
        ("Đặng", "Dang"),
        ("æbler", "aebler"),
        ("œuvre", "oeuvre"),
        ("Straße", "strasse"),
        ("þing", "thing"),
        ("ður", "dur"),
        ("ılık", "ilik"),
        ("İstanbul", "istanbul"),
        ("ﬁnance", "finance"),
        ("ﬂow", "flow"),
        ("ｶﾀｶﾅ", "カタカナ"),
        ("ガ", "ガ"),
        ("りんご", "リンゴ"),
        ("ｐｙｔｈｏｎ", "python"),
        ("1ヶ月", "1か月"),
        ("ﾃ\uff9e\uff70ﾀ", "デ\u30fcタ"),
        ("हिन\u094dदी", "हि\u0902दी"),
        ("ज\u093cर\u0942र", "जर\u0942र"),
        ("चा\u0901द", "चा\u0902द"),
        ("गय\u0947", "गए"),
        ("क\u094d\u200dष", "क\u094dष"),
        ("Việt", "Viet"),
        ("phở", "pho"),
        ("น\u0e49ำ", "น\u0e4d\u0e49า"),
        ("เเมว", "แมว"),
        ("Hawai\u02bbi", "Hawai'i"),
        ("don’t", "don't"),
        ("don\u02bct", "don't"),
        ("e‑mail", "e-mail"),
        ("co\u00adoperate", "cooperate"),
        ("zero\u200bwidth", "zerowidth"),
        ("word\u2060joiner", "wordjoiner"),
        ("va\u200cria\u200dble", "variable"),
        ("b\ufeffom", "bom"),
        ("vari\ufe0fable", "variable"),
        ("fill⠀er", "filler"),
        ("x㎏", "xkg"),
        ("㍻", "平成"),
        ("한글", "한글"),
        ("ൻ", "ന\u0d4d\u200d"),
        ("ɗan", "dan"),
        ("əli", "eli"),
        ("Ħamrun", "Hamrun"),
        ("ŋa", "na"),
        ("Ⅳ", "IV"),
        ("ﷲ", "الله"),
        ("ﻻ", "لا"),
        ("ĳs", "ijs"),
        ("می\u200cخواهم", "میخواهم"),
        ("گۀ", "گه"),
        ("سلام\u200f", "سلام"),
        ("ԵՒ", "և"),
        ("ك", "ک"),
    ],
)
def test_spellings_of_a_word_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zürich", "Zuerich"),
        ("Häuser", "Hauses"),
        ("KÖLN", "Koeln"),
        ("Århus", "Aarhus"),
        ("Jørgen", "Joergen"),
        ("Zu\u0308rich", "zuerich"),
    ],
)
def test_letters_for_which_two_are_usual_are_found_either_way(one: str, other: str) -> None:
    assert set(terms(other)) <= set(terms(one))


def test_only_the_words_that_have_them_are_written_with_two_letters() -> None:
    assert in_two_letters("Von Zürich nach Köln, e\u0301t plain") == ["Zuerich", "Koeln,"]


@pytest.mark.parametrize("code", [*DEFAULT_IGNORABLE[:400], 0x2800, *DEFAULT_IGNORABLE[-20:]])
def test_what_cannot_be_seen_is_as_if_it_were_not_there(code: int) -> None:
    assert terms(f"kit{chr(code)}es") == terms("kites")


@pytest.mark.slow
def test_the_invisible_are_those_of_unicode() -> None:
    invisible = re.compile(f"[{INVISIBLE}]")
    formats = {character for character in ALL if unicodedata.category(character) == "Cf"}
    assert {character for character in ALL if invisible.match(character)} >= {*map(chr, DEFAULT_IGNORABLE), *formats, "\u2800"}
    assert not any(
        invisible.match(character) for character in ALL if unicodedata.category(character) in ("Ll", "Lu", "Nd", "Zs", "Cc", "Po")
    )


def test_digits_of_every_script_are_the_same() -> None:
    for character in ALL:
        if unicodedata.category(character) == "Nd":
            assert spelled(character) == str(unicodedata.decimal(character))


def test_latin_letters_with_strokes_hooks_and_accents_are_plain() -> None:
    named = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])(?: WITH (?!MIDDLE DOT|SMALL LETTER|RIGHT HALF RING).*)?")
    for character in ALL:
        if letter := named.fullmatch(unicodedata.name(character, "")):
            assert spelled(character).upper() == letter[1]


def test_compatibility_ideographs_and_widths_are_those_they_stand_for() -> None:
    for character in ALL:
        if unicodedata.name(character, "").startswith(("CJK COMPATIBILITY IDEOGRAPH", "FULLWIDTH LATIN", "FULLWIDTH DIGIT")):
            assert spelled(character) == unicodedata.normalize("NFKC", character)


@pytest.mark.parametrize("mark", [character for character in ALL if unicodedata.category(character) == "Pd"])
def test_words_are_parted_by_dashes_of_every_kind(mark: str) -> None:
    assert terms(f"built{mark}in") == terms("built-in")


@pytest.mark.parametrize("mark", "'\u2018\u2019\u201b\u2032\u02bc\u02bb\u02b9\uff07")
def test_words_are_parted_by_apostrophes_of_every_kind(mark: str) -> None:
    assert terms(f"don{mark}t l{mark}école") == terms("don't l'école")


def test_vowel_signs_remain_where_they_distinguish_words() -> None:
    for one, other in [("किताब", "कताब"), ("ป่า", "ปา"), ("がき", "かき"), ("カット", "カト")]:
        assert terms(one) != terms(other)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_what_is_spelled_once_stays(text: str) -> None:
    assert spelled(spelled(text)) == spelled(text)
