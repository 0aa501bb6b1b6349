"""Which part of each program may import which, and how large a part may be.

A part is a package, or a module at the root. Imports go downwards: a part lists every part that it may import, besides the ground, which
all may. Whoever needs another arrow adds it here, and gives the reason in the commit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOT_ENTRIES, PACKAGE_ENTRIES = 24, 18
FUNCTION_LINES, FILE_LINES = 50, 320

PROGRAMS: dict[str, dict[str, set[str]]] = {
    "lambda/bridge": {
        "handler": {"app", "aws", "claude", "turn"},
        "authorizer": set(),
        "app": {"turn", "actions", "services", "memory", "store", "wire"},
        "turn": {"services", "upkeep", "commit", "memory", "claude", "store", "wire"},
        "actions": {"services", "commit", "memory", "claude", "store", "wire"},
        "upkeep": {"services", "commit", "memory", "claude", "store"},
        "services": {"memory", "claude", "store", "wire"},
        "commit": {"store"},
        "memory": {"store"},
        "claude": {"store"},
        "aws": {"store"},
        "store": set(),
        "wire": set(),
    },
    "client/bridge_client": {
        "main": {"command_line", "program", "config", "terminal"},
        "command_line": {"program", "mcp", "web", "commands", "config", "protocol", "terminal"},
        "mcp": {"commands", "protocol", "terminal"},
        "web": {"commands", "protocol", "terminal"},
        "program": {"bridges", "commands", "config", "terminal"},
        "bridges": {"commands", "config", "terminal"},
        "commands": {"protocol", "terminal"},
        "config": {"protocol", "terminal"},
        "terminal": {"protocol"},
        "protocol": set(),
    },
    "local/bridge_local": {
        "main": {"program", "settings", "gateway", "sqlite", "stand_in", "no_key", "baton"},
        "baton": set(),
        "no_key": set(),
        "program": {"process", "settings", "gateway"},
        "settings": {"aws_credentials", "gateway"},
        "aws_credentials": set(),
        "process": {"gateway"},
        "gateway": set(),
        "sqlite": set(),
        "stand_in": set(),
    },
}
GROUND = {
    "lambda/bridge": {"errors", "text", "fields", "clock", "settings", "logs", "turn_ids", "typed", "threads", "network"},
    "client/bridge_client": {"failures", "private_files", "redaction", "secret_rules", "version"},
    "local/bridge_local": {"log_limit", "threaded_server"},
}

every_program = pytest.mark.parametrize("program", PROGRAMS)


@cache
def modules(program: str) -> dict[str, ast.Module]:
    """The modules of a program by their dotted name within it, like `turn.poster`."""
    folder = ROOT / program
    named = {".".join(path.relative_to(folder).with_suffix("").parts): path for path in sorted(folder.rglob("*.py"))}
    return {name.removesuffix("__init__").rstrip("."): ast.parse(path.read_text()) for name, path in named.items()}


def imports(program: str, tree: ast.Module) -> Iterator[str]:
    """The modules of the program that one of its modules imports, also within functions."""
    package = Path(program).name
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, "imports are absolute"  # noqa: PT018
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == package:
                yield _module(program, parts[1:])


def _module(program: str, parts: list[str]) -> str:
    """The longest beginning of a dotted name that is a module: what follows is a name in it."""
    while ".".join(parts) not in modules(program):
        parts = parts[:-1]
    return ".".join(parts)


def part(module: str) -> str:
    return module.partition(".")[0]


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


@every_program
def test_a_part_imports_only_what_lies_below_it(program: str) -> None:
    ground = GROUND[program]
    allowed = {name: below | ground for name, below in PROGRAMS[program].items()} | dict.fromkeys(ground, ground)
    for name, tree in modules(program).items():
        wrong = {other for other in imports(program, tree) if part(other) not in allowed.get(part(name), set()) | {part(name)}}
        assert not wrong, f"{name} may not import {', '.join(sorted(wrong))}"


@every_program
def test_every_part_has_its_place(program: str) -> None:
    assert {part(name) for name in modules(program)} - {""} == PROGRAMS[program].keys() | GROUND[program]


@every_program
def test_no_part_lies_below_itself(program: str) -> None:
    left = {name: set(below) for name, below in PROGRAMS[program].items()}
    while lowest := {name for name, below in left.items() if not below & left.keys()}:
        left = {name: below for name, below in left.items() if name not in lowest}
    assert not left


@every_program
def test_no_module_imports_itself_over_others(program: str) -> None:
    left = {name: set(imports(program, tree)) - {name} for name, tree in modules(program).items()}
    while lowest := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in lowest}
    assert not left


@every_program
def test_a_folder_has_no_more_entries_than_one_reads_at_a_glance(program: str) -> None:
    folder = ROOT / program
    for package in (folder, *(path.parent for path in folder.rglob("__init__.py"))):
        entries = [path for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
        assert len(entries) <= (ROOT_ENTRIES if package == folder else PACKAGE_ENTRIES), package


@every_program
def test_no_function_and_no_file_is_too_long(program: str) -> None:
    for path in (ROOT / program).rglob("*.py"):
        assert len(path.read_text().splitlines()) <= FILE_LINES, path
    for name, tree in modules(program).items():
        for function in functions(tree):
            assert (function.end_lineno or 0) - function.lineno < FUNCTION_LINES, f"{name}.{function.name}"


@every_program
def test_a_package_says_in_one_line_what_it_is_and_passes_nothing_on(program: str) -> None:
    for path in (ROOT / program).rglob("__init__.py"):
        (docstring,) = ast.parse(path.read_text()).body
        assert isinstance(docstring, ast.Expr)
        assert len(path.read_text().splitlines()) == 1, path
