"""Words of any script as terms that can be compared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.memory.terms import kinds, stem, terms, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("running", "runs"),
        ("bought", "buys"),
        ("studies", "studied"),
        ("children", "kid"),
        ("Painting", "paint"),
        ("dogs", "dog"),
        ("собака", "собаками"),
        ("Café", "cafe"),
        ("Ｐｙｔｈｏｎ", "python"),
        ("straße", "STRASSE"),
        ("किताबें", "किताबों"),
        ("كَلْب", "كلب"),
        ("12345678901234567890123", "12345678901234567890999"),
    ],
)
def test_forms_of_a_word_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other) != []


@pytest.mark.parametrize(("one", "other"), [("glass", "glad"), ("1234567", "1234568"), ("bus", "but"), ("paris", "parent")])
def test_different_words_are_different_terms(one: str, other: str) -> None:
    assert terms(one) != terms(other)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("我的狗叫什么名字", "我的狗的名字是小白"),
        ("犬の名前は何ですか", "うちの犬の名前はポチです"),
        ("강아지 이름이 뭐야", "우리 강아지의 이름은 초코야"),
        ("หมาชื่ออะไร", "หมาของฉันชื่อบิงโก"),
    ],
)
def test_scripts_without_spaces_share_pairs_of_characters(question: str, answer: str) -> None:
    assert set(terms(question)) & set(terms(answer))


def test_one_character_alone_is_a_term() -> None:
    assert terms("猫") == ["猫"]
    assert terms("GPT模型x") == ["gpt", "模型", "x"]


def test_names_in_code_are_found_whole_and_in_parts() -> None:
    assert list(words("parseConfigFile")) == ["parseconfigfile", "parse", "config", "file"]
    assert set(terms("config file")) <= set(terms("parseConfigFile(read_config_file)"))


def test_stop_words_are_no_terms() -> None:
    assert terms("What is it that you would do?") == []


def test_a_kind_stands_for_the_things_it_names() -> None:
    assert set(kinds(terms("turtles"))) & set(kinds(terms("What pets does she have?")))
    assert kinds(terms("xylograph")) == []


def test_names_with_digits_are_distinguished() -> None:
    assert terms("PX4821323") != terms("PX4821307")
    assert terms("commit 4be1c7c779")[1] != terms("commit 4be1c7d000")[1]
    assert terms("3pm") != terms("3rd")


@settings(deadline=None)
@given(st.text(st.characters(), max_size=200))
def test_any_text_has_terms_that_are_short(text: str) -> None:
    for term in terms(text):
        assert term
        assert len(term) <= (20 if any(map(str.isdigit, term)) else 6)
        assert not term.startswith("~")


@settings(deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_a_stem_is_never_empty(text: str) -> None:
    assert bool(stem(text)) == bool(text)
