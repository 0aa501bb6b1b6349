"""Frames as bytes: sizes, fragments, and what is read leniently."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_client.failures import EXIT_CODES, Failure
from bridge_client.protocol.frames import (
    FRAGMENT_BYTES,
    MESSAGE_BYTES,
    decode,
    encode,
    fragments,
    integer_in,
    number_in,
    object_in,
    objects_in,
    text_in,
    without_lone_surrogates,
)
from client.scripted_bridge import WIRE

EXAMPLES = [
    pytest.param(example["frame"], id=f"{path.stem}: {example['name']}")
    for path in sorted(WIRE.glob("*.json"))
    for example in json.loads(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("frame", EXAMPLES)
def test_golden_frames_are_read_back_and_fit_into_one_fragment(frame: dict[str, Any]) -> None:
    assert decode(encode(frame)) == frame
    assert [*fragments(encode(frame))] == [encode(frame)]


def test_text_is_sent_as_utf_8() -> None:
    assert encode({"message": "世界 👋"}) == '{"message":"世界 👋"}'.encode()


def test_a_message_of_exactly_the_limit_is_sent() -> None:
    frame = {"message": "x" * (MESSAGE_BYTES - len(encode({"message": ""})))}
    assert len(encode(frame)) == MESSAGE_BYTES
    with pytest.raises(Failure, match="131,073 bytes"):
        encode({"message": frame["message"] + "x"})


@pytest.mark.parametrize("data", ["", "noise", "[]", '"text"', "[" * 100_000, b"\xff"])
def test_what_is_no_frame_is_none(data: str | bytes) -> None:
    assert decode(data) is None


@settings(deadline=None)
@given(st.integers(0, 4), st.sampled_from(["a", "é", "世", "👋"]), st.integers(0, 40_000))
def test_fragments_are_whole_characters_within_the_limit(shift: int, character: str, count: int) -> None:
    data = ("x" * shift + character * count).encode()
    parts = list(fragments(data))
    assert b"".join(parts) == data
    assert all(0 < len(part) <= FRAGMENT_BYTES and part.decode() for part in parts)


@settings(deadline=None)
@given(st.text(st.characters(codec=None), max_size=20))
def test_any_text_can_be_encoded_once_it_is_clean(text: str) -> None:
    clean = without_lone_surrogates(text)
    assert decode(encode({"message": clean})) == {"message": clean}


def test_a_split_surrogate_pair_becomes_one_character() -> None:
    assert without_lone_surrogates("\ud83d\udc4b \udc80") == "👋 �"


def test_fields_of_another_type_count_as_missing() -> None:
    frame = {"text": 1, "number": "1", "flag": True, "object": [], "objects": {}, "mixed": [1, {"a": 1}]}
    assert text_in(frame, "text") == ""
    assert number_in(frame, "number") is None
    assert number_in(frame, "flag") is None
    assert integer_in(frame, "flag") is None
    assert object_in(frame, "object") == {}
    assert objects_in(frame, "objects") == []
    assert objects_in(frame, "mixed") == [{"a": 1}]


def test_exit_codes_are_those_of_the_protocol() -> None:
    table = (WIRE.parent.parent / "docs" / "protocol.md").read_text(encoding="utf-8").partition("## Errors")[2]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| `")]
    wanted = {code.strip("` "): int(row[3]) for row in rows for code in row[0].split(",")}
    assert len(wanted) > 20
    assert {code: Failure(code, "").exit_code for code in wanted} == wanted
    assert set(EXIT_CODES) - set(wanted) == {
        "bad_usage",
        "bad_configuration",
        "not_text",
        "nothing_to_resume",
        "nothing_known",
    }
