"""The beginning of the deployed package: where its modules are imported from. `package.py` puts this file in front of bridge/__init__.py.

The modules lie in one compressed file, since each of more than a hundred small ones compressed by itself would take a third more.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from marshal import loads
from types import ModuleType

TEXTS = "modules"
CODES = f"code.{sys.implementation.cache_tag}"
"""The same modules compiled, where the function's own Python was there to do it; each compressed by itself, since few are used at once."""


def unpacked(packed: bytes) -> dict[str, bytes]:
    """The contents by their names, as `package.bundled` has put them together."""
    heads, _, rest = zlib.decompress(packed).partition(b"\n\n")
    contents, place = {}, 0
    for head in heads.decode().split("\n"):
        name, _, size = head.rpartition(" ")
        contents[name] = rest[place : place + int(size)]
        place += int(size)
    return contents


class Bundle:
    """Finds and loads the package's modules. `folder` is the package's own, `read` gives the content of a file by its path."""

    def __init__(self, folder: str, read: Callable[[str], bytes]) -> None:
        self._folder, self._read = folder, read
        self._codes: dict[str, bytes] | None = None
        self._texts: dict[str, bytes] | None = None
        try:
            self._codes = unpacked(read(f"{folder}/{CODES}"))
        except OSError:
            self._texts = self._unpacked_texts()

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        file, is_package = self._file(name)
        if not file:
            return None
        origin = f"{self._folder.rpartition('/')[0]}/{file}"
        spec = ModuleSpec(name, self, origin=origin, is_package=is_package)  # type: ignore[arg-type]  # importlib.abc takes time
        spec.has_location = True
        return spec

    def create_module(self, _spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        (file, _), origin = self._file(module.__name__), str(module.__file__)
        code = loads(zlib.decompress(self._codes[file])) if self._codes else compile(self._text(file), origin, "exec", dont_inherit=True)  # noqa: S302 (ours)
        exec(code, module.__dict__)  # noqa: S102 (this is what importing is)

    def get_source(self, name: str) -> str:
        """What traces show lines of."""
        return self._text(self._file(name)[0]).decode()

    def _file(self, name: str) -> tuple[str, bool]:
        """The module's name in the bundle, and whether it is a package; "" for what is not in it."""
        place, names = name.replace(".", "/"), self._codes or self._texts or {}
        choices = ((f"{place}.py", False), (f"{place}/__init__.py", True))
        return next((choice for choice in choices if choice[0] in names), ("", False))

    def _text(self, file: str) -> bytes:
        self._texts = self._texts or self._unpacked_texts()
        return self._texts[file]

    def _unpacked_texts(self) -> dict[str, bytes]:
        return unpacked(self._read(f"{self._folder}/{TEXTS}"))
