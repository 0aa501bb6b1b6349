"""What may come from outside, for hypothesis to choose from."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

BOMBS = (
    *("[" * 20_000, '{"a":' * 5_000, "9" * 20_000, '{"a": 1e999}', '{"a": -1e999}', '{"a": NaN}', '{"a": ' + "9" * 5_000 + "}"),
    *(
        '{"a": 1, "a": 2}',
        '"\\ud800"',
        '{"\\ud800": "\\udfff"}',
        "\x00",
        "\ufeff{}",
        '{"a": "\x00"}',
        "",
        " ",
        "null",
        "{" * 1_000 + "}" * 1_000,
    ),
    *('{"a": ' + "[" * 400 + "]" * 400 + "}", json.dumps(dict.fromkeys(map(str, range(2_000)), 0))),
)
"""Texts that are hard on whoever takes them for JSON."""

numbers = st.one_of(st.integers(-(2**70), 2**70), st.floats(), st.sampled_from([10**400, -1, 0, 2**63, 1e308, True]))
texts = st.text(max_size=12) | st.sampled_from(["\ud800", "\x00", "\x1b[2J", "~head", "ada", "0" * 26, "x" * 5_000])


def objects(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects with some of these names, at any depth, and anything under them."""
    scalars = st.none() | numbers | texts
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=3), max_leaves=8
    )
    return st.dictionaries(st.sampled_from(names), values, max_size=6)


def bodies(*names: str) -> st.SearchStrategy[bytes]:
    """What may stand where a JSON object is expected."""
    return st.one_of(
        st.binary(max_size=60),
        st.sampled_from(BOMBS).map(lambda text: text.encode("utf-8", "surrogatepass")),
        objects(*names).map(lambda value: json.dumps(value).encode()),
    )
