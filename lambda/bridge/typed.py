"""What this package uses of `typing`, without importing it; to a type checker it is `typing`.

`typing` takes a twentieth of the start of a process, and its `NamedTuple` a seventh: it compiles a constructor and every annotation of
every class. This one takes the fields from the annotations without reading them, and makes a value a little slower. What nobody imports at
the start, or makes values of by the ten thousand, uses `typing`.
"""

from __future__ import annotations

from operator import itemgetter

TYPE_CHECKING = False
"""Type checkers take a variable of this name for true."""

if TYPE_CHECKING:
    from typing import Any as Any
    from typing import NamedTuple as NamedTuple
    from typing import Protocol as Protocol
    from typing import Self as Self
    from typing import TextIO as TextIO
else:
    Any = Self = TextIO = object

    class Protocol:
        pass

    class _Meta(type):
        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            fields = tuple(namespace.get("__annotations__", ()))
            namespace["_fields"] = namespace["__match_args__"] = fields
            namespace["_field_defaults"] = defaults = {field: namespace[field] for field in fields if field in namespace}
            namespace["_tail"] = tuple(defaults.values())
            namespace.update((field, property(itemgetter(place))) for place, field in enumerate(fields))
            return super().__new__(cls, name, bases, namespace | {"__slots__": ()})

    class NamedTuple(tuple, metaclass=_Meta):
        def __new__(cls, *values: object, **named: object) -> NamedTuple:
            missing = len(cls._fields) - len(values)
            if named or missing:
                values = cls._complete(values, named) if named or not 0 < missing <= len(cls._tail) else values + cls._tail[-missing:]
            return tuple.__new__(cls, values)

        @classmethod
        def _complete(cls, values: tuple[object, ...], named: dict[str, object]) -> list[object]:
            left = cls._fields[len(values) :]
            given = {**cls._field_defaults, **named}
            if len(values) > len(cls._fields) or not named.keys() <= set(left) or not given.keys() >= set(left):
                raise TypeError(f"{cls.__name__} has the fields {', '.join(cls._fields)}")
            return [*values, *(given[field] for field in left)]

        def _replace(self, **named: object) -> NamedTuple:
            if not named.keys() <= set(self._fields):
                raise ValueError(f"{type(self).__name__} has the fields {', '.join(self._fields)}")
            return tuple.__new__(type(self), map(named.get, self._fields, self))

        def _asdict(self) -> dict[str, object]:
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self) -> tuple[object, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            return f"{type(self).__name__}({', '.join(f'{field}={value!r}' for field, value in self._asdict().items())})"
