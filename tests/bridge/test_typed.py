"""The bridge's own named tuples do what those of `typing` do."""

from __future__ import annotations

import copy
import pickle
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.typed import NamedTuple


class Ours(NamedTuple):
    """A record."""

    name: str
    number: int = 3
    parts: tuple[str, ...] = ()

    @property
    def doubled(self) -> int:
        return 2 * self.number

    @classmethod
    def of(cls, name: str) -> Ours:
        return cls(name, parts=(name,))


class Theirs(typing.NamedTuple):
    name: str
    number: int = 3
    parts: tuple[str, ...] = ()


@pytest.mark.parametrize(
    "do",
    [
        lambda kind: tuple(kind("a")),
        lambda kind: tuple(kind("a", 5, ("x",))),
        lambda kind: tuple(kind(number=1, name="b")),
        lambda kind: tuple(kind("a")._replace(number=9)),
        lambda kind: kind("a")._asdict(),
        lambda kind: kind._fields,
        lambda kind: kind("a") == ("a", 3, ()),
        lambda kind: hash(kind("a")),
        lambda kind: kind("a").parts,
        lambda kind: repr(kind("a")).partition("(")[2],
        lambda kind: copy.deepcopy(kind("a", 1)),
        lambda kind: pickle.loads(pickle.dumps(kind("a", 1))),
    ],
)
def test_it_is_like_that_of_typing(do: Callable[[Any], object]) -> None:
    assert do(Ours) == do(Theirs)


@pytest.mark.parametrize(
    "arguments", [((), {}), (("a", 1, (), 4), {}), (("a",), {"name": "b"}), (("a",), {"nmae": "b"}), ((), {"number": 1})]
)
def test_wrong_arguments_are_refused(arguments: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
    values, named = arguments
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError):
            kind(*values, **named)


def test_no_other_field_is_replaced() -> None:
    kind: Any = Ours
    with pytest.raises(ValueError, match="name, number, parts"):
        kind("a")._replace(nmae="b")


def test_a_field_cannot_be_set() -> None:
    record: Any = Ours("a")
    with pytest.raises(AttributeError):
        record.name = "b"
    with pytest.raises(AttributeError):
        record.other = "b"


def test_methods_properties_and_docstring_stay() -> None:
    assert Ours.of("a") == ("a", 3, ("a",))
    assert Ours("a").doubled == 6
    assert Ours.__doc__ == "A record."


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "lambda" / "bridge").rglob("*.py")), ids=lambda path: path.stem)
def test_fields_are_read_from_annotations_that_are_text(path: Path) -> None:
    source = path.read_text()
    if "(NamedTuple)" in source:
        assert "from __future__ import annotations" in source


def test_it_can_be_matched() -> None:
    match Ours("a", 1):
        case Ours(name, number):
            assert (name, number) == ("a", 1)
