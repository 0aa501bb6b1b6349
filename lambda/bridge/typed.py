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

    _new = tuple.__new__

    class NamedTuple(tuple, metaclass=_Meta):
        def __new__(cls, *values: object, **named: object) -> NamedTuple:
            if named:
                values = cls._complete(values, named)
            elif missing := len(cls._fields) - len(values):
                values = values + cls._tail[-missing:] if 0 < missing <= len(cls._tail) else cls._complete(values, named)
            return _new(cls, values)

        @classmethod
        def _complete(cls, values: tuple[object, ...], named: dict[str, object]) -> list[object]:
            left = cls._fields[len(values) :]
            given = cls._field_defaults | named
            try:
                rest = [given[field] for field in left]
                if len(values) <= len(cls._fields) and named.keys() <= set(left):
                    return [*values, *rest]
            except KeyError:
                pass
            raise TypeError(f"{cls.__name__} has the fields {', '.join(cls._fields)}")

        def _replace(self, **named: object) -> NamedTuple:
            if not named.keys() <= set(self._fields):
                raise ValueError(f"{type(self).__name__} has the fields {', '.join(self._fields)}")
            return _new(type(self), map(named.get, self._fields, self))

        def _asdict(self) -> dict[str, object]:
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self) -> tuple[object, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            return f"{type(self).__name__}({', '.join(f'{field}={value!r}' for field, value in self._asdict().items())})"
