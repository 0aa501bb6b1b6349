"""What of the bridge's modules does not go into the package, and that all else means the same."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bridge_deploy.package import read_sources
from bridge_deploy.slimming import narrowed, stripped, tightened, unchecked, undocumented, unpromised, untyped, without_type_imports

SOURCES = Path(__file__).resolve().parents[2] / "lambda"


def test_a_module_loses_the_types_of_functions_and_variables_and_keeps_its_lines() -> None:
    module = """
def f(é: int = 1, *rest: str, key: dict[str, int] | None = None) -> list[int]:
    é.field: dict[str, int] = é
    later: int
    return "kept -> int"

class A:
    field: tuple[str, ...] = 2
    async def g(
        self,
        x: Callable[
            [int], int
        ],
    ) -> None: ...
"""
    bare = untyped(module.encode()).decode()
    assert (
        bare
        == """
def f(é = 1, *rest, key = None) :
    é.field = é
    later: int
    return "kept -> int"

class A:
    field: int = 2
    async def g(
        self,
        x: Callable[
            [int], int
        ],
    ) : ...
"""
    )


def test_a_module_loses_what_only_type_checkers_read_and_keeps_its_lines() -> None:
    module = """from __future__ import annotations
if TYPE_CHECKING:
    from typing import (
        TypeVar,
    )
class Port(Protocol):
    name: str
    @property
    def size(self) -> int: ...
    def read(self): ...
class Real(Protocol):
    def read(self): return 1
class Record(NamedTuple):
    name: int
"""
    bare = unpromised(unchecked(module.encode())).decode()
    assert (
        bare
        == """from __future__ import annotations
if TYPE_CHECKING:
    ...


class Port(Protocol):
    ...



class Real(Protocol):
    def read(self): return 1
class Record(NamedTuple):
    name: int
"""
    )


def test_imports_for_types_alone_are_left_out() -> None:
    module = """from __future__ import annotations
import json, re
from collections.abc import (
    Callable,
    Iterator,
)
from typing import Any as Whatever
from errors import Gone, Lost, Passed
Alias = Whatever
def f(x: Callable[[], Gone]) -> Iterator[re.Match]:
    return json.loads(x)
class A(Lost):
    field: Gone = None
"""
    bare = without_type_imports(module.encode(), {"Passed"}).decode()
    assert (
        bare
        == """from __future__ import annotations
import json




from typing import Any as Whatever
from errors import Lost, Passed
Alias = Whatever
def f(x: Callable[[], Gone]) -> Iterator[re.Match]:
    return json.loads(x)
class A(Lost):
    field: Gone = None
"""
    )


def test_imports_stay_where_annotations_are_evaluated() -> None:
    module = b"from typing import Any\nclass A:\n    field: Any\n"
    assert without_type_imports(module, set()) == module


@pytest.mark.slow
def test_every_name_that_is_imported_in_the_package_is_there() -> None:
    modules = {name: ast.parse(content) for name, content in stripped(read_sources(SOURCES)).items() if name.endswith(".py")}
    bound = {
        name: {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        | {node.name for node in ast.walk(tree) if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
        | {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
        for name, tree in modules.items()
    }
    for importing, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("bridge."):
                names = bound.get(f"{node.module.replace('.', '/')}.py")
                for alias in node.names:
                    assert names is None or alias.name in names, f"{importing}: {alias.name}"


def test_indentation_is_narrowed_and_texts_are_not() -> None:
    module = (
        'class A:\n    def f(self):\n        return """one\n    two {x}\n        """ + g(\n            f"""{1}\n    {2}""",\n        )\n'
    )
    assert narrowed(module.encode()).decode() == (
        'class A:\n def f(self):\n  return """one\n    two {x}\n        """ + g(\n   f"""{1}\n    {2}""",\n  )\n'
    )


@pytest.mark.slow
def test_narrowed_modules_mean_the_same() -> None:
    for name, content in read_sources(SOURCES).items():
        if name.endswith(".py"):
            assert ast.dump(ast.parse(narrowed(content))) == ast.dump(ast.parse(content)), name


def test_a_module_loses_its_docstrings_and_comments_and_keeps_its_lines() -> None:
    module = '''"""What it is.

More of it."""
import json
LIMIT = 5
"""Of what."""
class Gone(Exception):
    """It went."""
def f():
    """Says so."""
    return """kept"""  # Why.
class A: "doc"; x = 1
# A line of its own.
def g(text="#"): return text  # also here
SIGN = 'é'  # é
'''
    bare = undocumented(module.encode()).decode()
    assert (
        bare
        == '''


import json
LIMIT = 5

class Gone(Exception):
    ...
def f():

    return """kept"""
class A: "doc"; x = 1

def g(text="#"): return text
SIGN = 'é'
'''
    )
    compile(bare, "module.py", "exec")


def test_spaces_beside_operators_go_and_those_in_texts_stay() -> None:
    module = (
        "value = (1 + 2) * -3\n"
        "if value in (1, 2) and not value is None :\n"
        "    text = f\"{ value + 1 } and {'a  b'}\" + 'c = d'\n"
        "    longer = '''one = 1\n"
        "    two = 2''' + 'x'\n"
        "total = value + \\\n"
        "    4\n"
        "names = {'ä = ö': lambda first, * rest: first or 1.0 if rest else b'x'}\n"
    )
    assert tightened(module.encode()).decode() == (
        "value=(1+2)*-3\n"
        "if value in(1,2)and not value is None:\n"
        "    text=f\"{ value + 1 } and {'a  b'}\"+'c = d'\n"
        "    longer = '''one = 1\n"
        "    two = 2''' + 'x'\n"
        "total = value + \\\n"
        "    4\n"
        "names={'ä = ö':lambda first,*rest:first or 1.0 if rest else b'x'}\n"
    )


@pytest.mark.slow
def test_tightened_modules_mean_the_same() -> None:
    for name, content in read_sources(SOURCES).items():
        if name.endswith(".py"):
            tight = tightened(content)
            assert ast.dump(ast.parse(tight)) == ast.dump(ast.parse(content)), name
            assert tight.count(b"\n") == content.count(b"\n"), name
