"""The package of the functions: the same bytes from the same sources, and nothing in it that the function could not run."""

from __future__ import annotations

import ast
import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bridge_deploy.package import (
    LARGEST,
    RUNTIME,
    Refused,
    build,
    bytecode_of,
    evaluated,
    foreign_imports,
    hash_of,
    narrowed,
    read_sources,
    runtime_python,
    stripped,
    tightened,
    unchecked,
    undocumented,
    unpromised,
    untyped,
    without_type_imports,
    zipped,
)

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "lambda"


def built(output: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "build.sh"), "--output", str(output)]
    variables = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, **environment}
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)


def package_of(folder: Path, **modules: str) -> Path:
    (folder / "bridge").mkdir()
    for name, text in modules.items():
        (folder / "bridge" / f"{name}.py").write_text(text)
    return folder


@pytest.mark.slow
def test_two_builds_in_different_time_zones_are_equal(tmp_path: Path) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    for path, zone in ((first, "Pacific/Kiritimati"), (second, "America/Los_Angeles")):
        answer = built(path, TZ=zone)
        assert answer.returncode == 0, answer.stderr
    assert first.read_bytes() == second.read_bytes()


def test_neither_file_dates_nor_modes_nor_caches_show(tmp_path: Path) -> None:
    folder = package_of(tmp_path, one="import json\n", two="")
    before = zipped(read_sources(folder))
    os.utime(folder / "bridge" / "one.py", (1, 1))
    (folder / "bridge" / "two.py").chmod(0o700)
    (folder / "bridge" / "__pycache__").mkdir()
    (folder / "bridge" / "__pycache__" / "one.cpython-311.pyc").write_bytes(b"stale")
    (folder / "bridge" / ".DS_Store").write_bytes(b"")
    assert zipped(read_sources(folder)) == before


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the bridge itself."""
    path = tmp_path_factory.mktemp("package") / "bridge.zip"
    build(SOURCES, path, None)
    return path


def test_it_holds_the_bridge_alone_sorted_dated_and_readable(bridge: Path) -> None:
    with zipfile.ZipFile(bridge) as package:
        entries = package.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.filename.split("/")[0] for entry in entries} == {"bridge"}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}


def test_it_is_small(bridge: Path) -> None:
    assert bridge.stat().st_size <= LARGEST


@pytest.mark.slow
def test_every_module_imports_from_the_zip_in_a_fresh_interpreter_without_site_packages(bridge: Path) -> None:
    with zipfile.ZipFile(bridge) as package:
        modules = [name.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for name in package.namelist()]
    program = f"import sys; sys.path.insert(0, {str(bridge)!r}); [__import__(name) for name in {modules!r}]"
    answer = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("import boto3\n", "boto3"),
        ("from botocore.session import Session\n", "botocore.session"),
        ("def later():\n    import json, anthropic.types\n", "anthropic.types"),
        ("import telnetlib\n", "telnetlib"),
    ],
    ids=["a package", "a part of one", "inside a function", "left the standard library"],
)
def test_it_refuses_what_the_function_does_not_have(tmp_path: Path, text: str, module: str) -> None:
    folder = package_of(tmp_path, app=text)
    with pytest.raises(Refused) as refused:
        build(folder, tmp_path / "bridge.zip", None)
    assert module in str(refused.value)
    assert "bridge/app.py:" in str(refused.value)
    assert not (tmp_path / "bridge.zip").exists()


def test_it_accepts_the_standard_library_and_the_package_itself() -> None:
    text = (
        b"from __future__ import annotations\nimport http.client, bridge.app\nfrom bridge import sse\nfrom . import app\nfrom .. import x\n"
    )
    assert foreign_imports({"bridge/app.py": text}) == []


def test_it_refuses_what_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"bridge/app.py:1: "):
        build(package_of(tmp_path, app="def\n"), tmp_path / "bridge.zip", None)


def test_it_refuses_to_build_nothing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing to build"):
        build(tmp_path, tmp_path / "bridge.zip", None)


def test_it_refuses_to_grow_beyond_its_limit(tmp_path: Path) -> None:
    noise = "".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(6000))
    with pytest.raises(Refused, match=r"more than the [0-9,]+ that it may"):
        build(package_of(tmp_path, noise=f"NOISE = '{noise}'\n"), tmp_path / "bridge.zip", None)


def test_a_refusal_is_a_sentence_and_exit_code_2(tmp_path: Path) -> None:
    folder = package_of(tmp_path, app="import boto3\n")
    command = [str(ROOT / "build.sh"), "--sources", str(folder), "--output", str(tmp_path / "bridge.zip")]
    answer = subprocess.run(command, env={**os.environ, "PYTHON": sys.executable}, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 2
    assert answer.stderr == (
        "Not built. Only Python's standard library exists in the function, but the package imports:\n  bridge/app.py:1: boto3\n"
    )


def test_an_old_python_is_told_which_one_is_needed(tmp_path: Path) -> None:
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    answer = built(tmp_path / "bridge.zip", PYTHON=str(old))
    assert answer.returncode == 2
    assert answer.stderr.startswith("Python 3.11 or newer is needed")


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
    bare = evaluated(unpromised(unchecked(module.encode()))).decode()
    assert (
        bare
        == """
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


def test_a_module_loses_the_spaces_that_it_does_not_need() -> None:
    module = b"x = {'a b': 1 if y == -1 else f'{y = } , {z:>4}'}\nif x in 'x':\n    return not ( x in y ) , 'x'  'y'\n"
    assert tightened(module) == b"x={'a b':1 if y==-1 else f'{y = } , {z:>4}'}\nif x in'x':\n    return not(x in y),'x'  'y'\n"


@pytest.mark.parametrize("name", sorted(read_sources(SOURCES)))
def test_every_module_means_the_same_without_them(name: str) -> None:
    content = read_sources(SOURCES)[name]
    if name.endswith(".py"):
        assert ast.dump(ast.parse(tightened(content))) == ast.dump(ast.parse(content))


def test_annotations_that_are_left_stay_texts() -> None:
    module = b"from __future__ import annotations\nfield: list[Later]\n"
    assert evaluated(module) == module


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


def test_the_hash_is_of_the_sources_and_lies_next_to_the_zip(tmp_path: Path) -> None:
    folder = package_of(tmp_path, one="import json\n")
    build(folder, tmp_path / "bridge.zip", None)
    lines = f"bridge/one.py {hashlib.sha256(b'import json' + bytes([10])).hexdigest()}\n"
    expected = base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
    assert (tmp_path / "bridge.zip.sources").read_text() == f"{expected}\n"


def test_every_line_and_name_is_in_the_hash() -> None:
    of = [{"bridge/a.py": b"1"}, {"bridge/a.py": b"2"}, {"bridge/b.py": b"1"}, {"bridge/a.py": b"1", "bridge/b.py": b""}]
    assert len({hash_of(sources) for sources in of}) == len(of)


def test_bytecode_is_used_without_looking_at_the_sources_and_the_same_each_time(tmp_path: Path) -> None:
    python = runtime_python(os.environ)
    if python is None:
        pytest.skip(f"no Python {RUNTIME} runs here: bytecode is not tested")
    sources = read_sources(package_of(tmp_path, app="NAMES = {'a', 'b', 'c'}\n"))
    compiled = bytecode_of(sources, python)
    assert list(compiled) == ["bridge/__pycache__/app.cpython-313.pyc"]
    assert compiled["bridge/__pycache__/app.cpython-313.pyc"][4:8] == b"\x01\x00\x00\x00"  # PEP 552: hash-based, not to be checked
    assert bytecode_of(sources, python) == compiled


def test_bytecode_does_not_change_the_hash(tmp_path: Path) -> None:
    folder = package_of(tmp_path, app="import json\n")
    hashes = []
    for python in (None, runtime_python(os.environ)):
        build(folder, tmp_path / "bridge.zip", python)
        hashes.append((tmp_path / "bridge.zip.sources").read_text())
    assert hashes[0] == hashes[1]


def test_a_python_that_is_there_and_does_not_run_is_none(tmp_path: Path) -> None:
    stand_in = tmp_path / f"python{RUNTIME}"
    stand_in.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    stand_in.chmod(0o755)
    expected = sys.executable if sys.version_info[:2] == tuple(map(int, RUNTIME.split("."))) else None
    assert runtime_python({"PATH": str(tmp_path)}) == expected
