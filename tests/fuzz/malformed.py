"""Invalid requests of every kind, as a stranger's program might send them. Each is to be answered with an error.

The seed decides all of them. None is so wrong that the WebSocket itself has to be closed, which `system.test_hostile` tries apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random

MESSAGE_BYTES = 128 * 1024
ACTIONS = ("query", "cancel", "history", "sessions", "search", "delete", "ping")
REPLACEMENTS = ("\x00", "\ufeff", "\u2028", "\x9b", "\u202e", "\ufffe", "😀", '"', "\\", "}", "]", ",", "\x7f")
NO_TEXT = ("7", "true", "[]", "{}", '["s"]', '{"a": "s"}', "1e999", "-0.0", "NaN", "Infinity")
BAD_IDS = (
    "a/b",
    "a b",
    "../s",
    "s\\n",
    "\\u0000",
    "\\ud800",
    "\\u202es",
    "s\\u200b",
    "x" * 129,
    "default/s",
    "~head?",
    "ä",
    "s;DROP TABLE sessions",
)
BAD_CURSORS = ('"x"', '"."', '"1."', '".s"', '"9999999999999.s"', '"1.a/b"', '"-1.s"', '"1.s\\n"', '"\\u0661.s"')
BLANK = ("", " ", "\\n\\t", "\\u0000\\u001b\\u009b", "\\u2028 \\u3000")
BAD_COUNTS = ("0", "-1", "1.5", "1e999", "-1e999", "NaN", "Infinity", "true", '"7"', "[]", "9" * 5000, "-" + "9" * 400)
VALID = (
    '{"action": "query", "message": "Hi", "session_id": "s1", "request_id": "r1", "stream": true}',
    '{"action": "history", "session_id": "s1", "limit": 20, "offset": 0}',
    '{"action": "sessions", "limit": 3, "cursor": "1750226614.s1"}',
)


def _object(*fields: str) -> str:
    return f"{{{', '.join(fields)}}}"


def _text(chance: Random) -> str:
    """Any characters, lone surrogates excepted: they cannot be sent."""
    codes = (chance.choice((chance.randrange(0x20, 0x7F), chance.randrange(0x300), chance.randrange(0xE000, 0x110000))) for _ in range(30))
    return "#" + "".join(map(chr, codes))


def _broken(chance: Random) -> str:
    """A request with one character too many, or the end missing."""
    valid = chance.choice(VALID)
    if chance.random() < 0.5:
        return valid[: chance.randrange(len(valid))]
    return chance.choice((valid + chance.choice(REPLACEMENTS), chance.choice(("\ufeff", "\x00", "]", "#")) + valid))


def _no_object(chance: Random) -> str:
    return chance.choice((*NO_TEXT, '"query"', f"[{chance.choice(VALID)}]", "null", "9" * 10_000, "-" * 1_000))


def _deep(chance: Random) -> str:
    depth = chance.choice((500, 5_000, 30_000, 100_000))
    opened, closed = chance.choice((("[", "]"), ('{"a":', "}"), ("[[", "]]")))
    count = min(depth, MESSAGE_BYTES // (len(opened) + 2))
    bomb = opened * count + chance.choice(("", "1" + closed * min(count, (MESSAGE_BYTES - len(opened) * count) // len(closed) - 99)))
    return chance.choice((bomb, bomb, _object('"action": "query"', f'"message": {bomb[: MESSAGE_BYTES - 50]}')))


def _many_keys(chance: Random) -> str:
    """As many keys as a message has room for."""
    return _object('"action": "nothing"', *(f'"{chance.randrange(10**6)}": {number}' for number in range(6_000)))


def _unknown(chance: Random) -> str:
    action = chance.choice(
        (*NO_TEXT, '""', "null", '"QUERY"', '"query "', '"__init__"', '"\\ud800"', json.dumps(_text(chance), ensure_ascii=False))
    )
    return _object(f'"action": {action}', f'"request_id": "r{chance.randrange(1000)}"')


def _twice(chance: Random) -> str:
    """The last of two keys counts."""
    return chance.choice(
        (
            '{"action": "query", "message": "Hi", "action": "none"}',
            '{"action": "query", "message": "Hi", "message": ""}',
            '{"action": "query", "message": "Hi", "session_id": "s", "session_id": "a/b"}',
            '{"action": "history", "session_id": "s", "limit": 2, "limit": 0}',
        )
    )


def _query(chance: Random) -> str:
    fields = ['"action": "query"']
    wrong = chance.choice((*("message", "blank", "session_id", "request_id", "stream") * 4, "long"))
    if wrong == "message":
        fields.append(f'"message": {chance.choice(NO_TEXT)}')
    elif wrong == "blank":
        fields.append(f'"message": "{chance.choice(BLANK)}"')
    else:
        fields.append(f'"message": "{"x" * 100_001 if wrong == "long" else "Hi"}"')
    if wrong in ("session_id", "request_id"):
        fields.append(f'"{wrong}": {_bad_id(chance)}')
    if wrong == "stream":
        fields.append(f'"stream": {chance.choice(("1", chr(34) + "yes" + chr(34), "[]", "{}", "NaN"))}')
    elif chance.random() < 0.5:
        fields.append('"stream": true')
    chance.shuffle(fields)
    return _object(*fields)


def _bad_id(chance: Random) -> str:
    return chance.choice((*NO_TEXT, *(f'"{name}"' for name in BAD_IDS)))


def _other(chance: Random) -> str:
    """An action other than `query` with one field that it cannot take."""
    wrong = {
        "cancel": lambda: '"session_id": "s", "request_id": ' + _bad_id(chance),
        "history": lambda: '"session_id": "s", ' + _bad_page(chance),
        "sessions": lambda: chance.choice((f'"limit": {_bad_count(chance)}', f'"cursor": {chance.choice((*NO_TEXT, *BAD_CURSORS))}')),
        "search": lambda: chance.choice(
            (f'"words": {chance.choice(NO_TEXT)}', '"words": " "', f'"words": "w", "limit": {_bad_count(chance)}')
        ),
        "delete": lambda: '"session_id": ' + _bad_id(chance),
        "ping": lambda: f'"check": {chance.choice(("1", chr(34) + "yes" + chr(34), "[]", "NaN"))}',
    }
    action = chance.choice(list(wrong))
    return _object(f'"action": "{action}"', wrong[action](), f'"extra": {chance.choice(NO_TEXT)}')


def _bad_count(chance: Random) -> str:
    return chance.choice(BAD_COUNTS)


def _bad_page(chance: Random) -> str:
    turn = chance.choice(('"~head"', '"8' + "0" * 25 + '"', '"' + "0" * 25 + '"', '"' + "U" * 26 + '"', *NO_TEXT))
    return chance.choice((f'"limit": {_bad_count(chance)}', f'"before": {turn}', f'"offset": {chance.choice(BAD_COUNTS[1:])}'))


_KINDS: tuple[tuple[int, Callable[[Random], str]], ...] = (
    (30, _text),
    (30, _broken),
    (10, _no_object),
    (2, _deep),
    (1, _many_keys),
    (10, _unknown),
    (5, _twice),
    (20, _query),
    (20, _other),
)


def messages(seed: int) -> Iterator[str]:
    """Without an end."""
    chance = Random(seed)
    weights, kinds = zip(*_KINDS, strict=True)
    while True:
        [kind] = chance.choices(kinds, weights)
        yield kind(chance)
