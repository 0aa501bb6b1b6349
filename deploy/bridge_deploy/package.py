"""Builds the function's package: a zip of lambda/bridge that is the same, byte for byte, whenever its sources are the same.

Docstrings, comments, the types of functions, imports for types alone and three of four spaces of indentation are left out: the function
has no use for them. No line is added or removed, so that a trace names the same lines as the sources do.
Entries are sorted, dated 1980-01-01 and readable by all, whatever the clock, the time zone and the umask are. Next to the zip, in
`<output>.sources`, goes a hash of the sources alone, which Terraform compares: where the function's own Python runs here, the zip also
holds bytecode, and is no other version for that. Nothing is written when the package could not run in the function: exit 2.
"""

from __future__ import annotations

import argparse
import ast
import base64
import hashlib
import io
import keyword
import os
import subprocess
import sys
import tempfile
import tokenize
import zipfile
from collections.abc import Iterator, Mapping, Set
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = "bridge"
RUNTIME = "3.13"
"""The Python that terraform/modules/function asks Lambda for."""
LARGEST = 158_000
"""In bytes, of the zip without bytecode (which is twice as much again): whoever grows the package beyond this should notice."""

_GONE = frozenset(
    """aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev pipes
    smtpd sndhdr spwd sunau telnetlib uu xdrlib""".split()  # noqa: SIM905 -- a list would be a line for each
)
"""Left the standard library between 3.11, the oldest Python this runs on, and `RUNTIME` (https://peps.python.org/pep-0594/)."""

_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644

_COMPILE = """
import py_compile, sys
source, target, shown = sys.argv[1:]
py_compile.compile(source, target, shown, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
"""


class Refused(Exception):
    """The package cannot be built. The text says why."""


def read_sources(folder: Path) -> dict[str, bytes]:
    """The package's files by their names in the zip, like `bridge/app.py`. Caches and hidden files are no part of it."""
    named = {}
    for path in sorted((folder / PACKAGE).rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and path.suffix != ".pyc" and not any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            named[name.as_posix()] = path.read_bytes()
    if not named:
        raise Refused(f"There is nothing to build in {folder / PACKAGE}.")
    return named


def hash_of(sources: Mapping[str, bytes]) -> str:
    """SHA-256, in base 64, of a line `<name> <SHA-256>` for each file; terraform/main.tf computes the same of the files it finds."""
    lines = "".join(f"{name} {hashlib.sha256(sources[name]).hexdigest()}\n" for name in sorted(sources))
    return base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


def foreign_imports(sources: Mapping[str, bytes]) -> list[str]:
    """A line for each import, anywhere in a module, of what is neither in the function's standard library nor in the package."""
    known = (sys.stdlib_module_names - _GONE) | {PACKAGE}
    named = []
    for name, content in sources.items():
        if name.endswith(".py"):
            for line, module in _imports(name, content):
                if module.partition(".")[0] not in known:
                    named.append(f"{name}:{line}: {module}")
    return named


def _imports(name: str, content: bytes) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(content, name)
    except SyntaxError as error:
        raise Refused(f"{name}:{error.lineno}: {error.msg}.") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, node.module or ""


def undocumented(content: bytes) -> bytes:
    """A module without its comments, its docstrings and other texts that stand as a statement of their own; every line keeps its number.

    A body of nothing but a docstring becomes `...`.
    """
    lines = content.split(b"\n")
    for token in tokenize.tokenize(io.BytesIO(content).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1].decode()[:column].rstrip().encode()
    for node in ast.walk(ast.parse(content)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            first, last = statement.lineno - 1, statement.end_lineno or statement.lineno
            before, after = lines[first][: statement.col_offset], lines[last - 1][statement.end_col_offset :]
            if _is_text(statement) and not before.strip() and not after.strip():
                filler = before + b"..." if len(body or ()) == 1 else b""
                lines[first:last] = [filler] + [b""] * (last - first - 1)
    return b"\n".join(lines)


def unpromised(content: bytes) -> bytes:
    """A module without what its protocols promise, which is for type checkers; every line keeps its number."""
    lines = content.split(b"\n")
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases) and all(map(_promises, node.body)):
            indent, end = b" " * node.body[0].col_offset, node.end_lineno or 0
            first = min([node.body[0].lineno, *(one.lineno for one in getattr(node.body[0], "decorator_list", []))]) - 1
            lines[first:end] = [indent + b"..."] + [b""] * (end - first - 1)
    return b"\n".join(lines)


def unchecked(content: bytes) -> bytes:
    """A module without what only type checkers run; every line keeps its number."""
    lines = content.split(b"\n")
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            first, end = node.body[0].lineno - 1, node.body[-1].end_lineno or 0
            lines[first:end] = [b" " * node.body[0].col_offset + b"..."] + [b""] * (end - first - 1)
    return b"\n".join(lines)


def _promises(statement: ast.stmt) -> bool:
    """Whether it is a field without a value, or a method that does nothing."""
    is_field = isinstance(statement, ast.AnnAssign) and statement.value is None
    return is_field or (isinstance(statement, ast.FunctionDef) and [ast.unparse(one) for one in statement.body] == ["..."])


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)


def untyped(content: bytes) -> bytes:
    """A module without the types of functions and variables, as far as they stand on one line; every line keeps its number.

    The type of a class's own field becomes `int`: a NamedTuple reads the names of those that have one.
    """
    lines = content.split(b"\n")
    for line, start, end, instead in sorted(_annotations(content, lines), reverse=True):
        lines[line] = lines[line][:start] + instead + lines[line][end:]
    return b"\n".join(lines)


def _annotations(content: bytes, lines: list[bytes]) -> Iterator[tuple[int, int, int, bytes]]:
    """The line of each, its start and end in bytes, and what stands there instead: of arguments, results, variables, and fields."""
    nodes = list(ast.walk(ast.parse(content)))
    fields = {id(statement) for node in nodes if isinstance(node, ast.ClassDef) for statement in node.body}
    for node in nodes:
        if isinstance(node, ast.AnnAssign) and node.target.end_lineno == node.annotation.end_lineno:
            if id(node) in fields:
                yield node.lineno - 1, node.annotation.col_offset, node.annotation.end_col_offset or 0, b"int"
            elif node.value:
                yield node.lineno - 1, node.target.end_col_offset or 0, node.annotation.end_col_offset or 0, b""
        elif isinstance(node, ast.arg) and node.annotation and node.lineno == node.end_lineno:
            yield node.lineno - 1, node.col_offset + len(node.arg.encode()), node.end_col_offset or 0, b""
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns and node.returns.lineno == node.returns.end_lineno:
            line = node.returns.lineno - 1
            arrow = lines[line].rfind(b"->", 0, node.returns.col_offset)
            if arrow >= 0:
                yield line, arrow, node.returns.end_col_offset or 0, b""


def without_type_imports(content: bytes, wanted: Set[str]) -> bytes:
    """A module without the names that it imports for annotations alone; every line keeps its number.

    `wanted` are those that other modules import from it. Annotations must be texts (`from __future__ import annotations`), since nothing
    then evaluates them; a module where they are not stays as it is.
    """
    tree = ast.parse(content)
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    if not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in imports):
        return content
    used, lines = {*_names(tree), *wanted, "annotations"}, content.split(b"\n")
    for node in imports:
        still_used = [alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) in used]
        if len(still_used) < len(node.names):
            node.names, first, last = still_used, node.lineno - 1, node.end_lineno or node.lineno
            lines[first:last] = [ast.unparse(node).encode() if still_used else b""] + [b""] * (last - first - 1)
    return b"\n".join(lines)


def evaluated(content: bytes) -> bytes:
    """A module that no longer puts the evaluation of its annotations off, where all that are left are `int`."""
    nodes = list(ast.walk(ast.parse(content)))
    annotations = [getattr(node, name, None) for node in nodes for name in ("annotation", "returns")]
    if any(one is not None and ast.unparse(one) != "int" for one in annotations):
        return content
    return content.replace(b"from __future__ import annotations\n", b"\n", 1)


def _names(node: ast.AST) -> Iterator[str]:
    """The names that are used below `node`, annotations aside."""
    if isinstance(node, ast.Name):
        yield node.id
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _names(child)


def _taken(sources: Mapping[str, bytes]) -> dict[str, set[str]]:
    """By a module's name in the zip, the names that other modules import from it."""
    taken: dict[str, set[str]] = {}
    for content in sources.values():
        for node in ast.walk(ast.parse(content)):
            if isinstance(node, ast.ImportFrom) and node.module:
                taken.setdefault(f"{node.module.replace('.', '/')}.py", set()).update(alias.name for alias in node.names)
    return taken


def stripped(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files as they go into the zip."""
    modules = {name: content for name, content in sources.items() if name.endswith(".py")}
    taken = _taken(modules)
    return {**sources, **{name: _slim(content, taken.get(name, set())) for name, content in modules.items()}}


def _slim(content: bytes, wanted: Set[str]) -> bytes:
    return narrowed(tightened(evaluated(without_type_imports(untyped(unpromised(unchecked(undocumented(content)))), wanted))))


def tightened(content: bytes) -> bytes:
    """A module without the spaces within its lines that are not needed; f-strings stay as they are, whichever Python builds."""
    lines, depth, before = content.decode().split("\n"), 0, None
    gaps: list[tuple[int, int, int]] = []
    for token in tokenize.tokenize(io.BytesIO(content).readline):
        kind = tokenize.tok_name[token.type]
        depth -= kind == "FSTRING_END"
        if before is not None and not depth and before.end[0] == token.start[0] and not _are_words(before, token):
            gaps.append((token.start[0] - 1, before.end[1], token.start[1]))
        depth += kind == "FSTRING_START"
        before = token if kind not in ("INDENT", "DEDENT", "NEWLINE", "NL") else None
    for line, start, end in reversed(gaps):
        lines[line] = lines[line][:start] + lines[line][end:]
    return "\n".join(lines).encode()


def _are_words(before: tokenize.TokenInfo, after: tokenize.TokenInfo) -> bool:
    """Whether two tokens would become another one. A keyword is no prefix of a text."""
    edges = before.string[-1:], after.string[:1]
    if any(edge in ("'", '"') for edge in edges) and any(keyword.iskeyword(token.string) for token in (before, after)):
        return False
    return all(character.isalnum() or character in "_\"'" for character in edges)


def narrowed(content: bytes) -> bytes:
    """A module indented by one space a level instead of four; texts that go over several lines stay as they are."""
    spans = (
        (node.lineno, node.end_lineno or 0) for node in ast.walk(ast.parse(content)) if isinstance(node, (ast.Constant, ast.JoinedStr))
    )
    texts = {line for first, last in spans for line in range(first, last)}
    lines = content.split(b"\n")
    return b"\n".join(line if number in texts else _narrow(line) for number, line in enumerate(lines))


def _narrow(line: bytes) -> bytes:
    code = line.lstrip(b" ")
    return b" " * ((len(line) - len(code)) // 4) + code


def runtime_python(environment: Mapping[str, str]) -> str | None:
    """A Python of the function's minor version that really runs here (a version manager's stand-in may be there and not run)."""
    for command in (sys.executable, f"python{RUNTIME}"):
        question = [command, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name)"]
        try:
            answer = subprocess.run(question, capture_output=True, text=True, timeout=30, env=dict(environment), check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if answer.stdout.split() == [RUNTIME, "cpython"]:
            return command
    return None


def bytecode_of(sources: Mapping[str, bytes], python: str) -> dict[str, bytes]:
    """The compiled modules by their names in the zip. They are used unchecked: the zip's sources are the ones they were made of."""
    compiled = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in sources.items():
            path = PurePosixPath(name)
            if path.suffix == ".py":
                source, target = Path(folder, "source.py"), Path(folder, "target.pyc")
                source.write_bytes(content)
                # One process for each module, with one hash seed: what is interned, and in which order sets lie, is then always the same.
                command = [python, "-I", "-S", "-c", _COMPILE, str(source), str(target), f"/var/task/{name}"]
                subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})
                tag = f"cpython-{RUNTIME.replace('.', '')}"
                compiled[str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc")] = target.read_bytes()
    return compiled


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is built: only then are the modes read.
            entry.external_attr = _MODE << 16
            package.writestr(entry, files[name], compresslevel=9)
    return buffer.getvalue()


def build(folder: Path, output: Path, python: str | None) -> int:
    """Writes the zip and the hash of its sources; returns the zip's size in bytes. Raises `Refused` before anything is written."""
    sources = read_sources(folder)
    if foreign := foreign_imports(sources):
        raise Refused("Only Python's standard library exists in the function, but the package imports:\n  " + "\n  ".join(foreign))
    content = stripped(sources)
    package = zipped(content)
    if len(package) > LARGEST:
        raise Refused(f"The zip would have {len(package):,} bytes, more than the {LARGEST:,} that it may have.")
    if python:
        package = zipped(content | bytecode_of(content, python))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(package)
    output.with_name(output.name + ".sources").write_text(hash_of(sources) + "\n")
    return len(package)


def main() -> int:
    parser = argparse.ArgumentParser(description="Builds the function's package.")
    parser.add_argument("--sources", type=Path, default=ROOT / "lambda", help="the folder that holds the package")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "bridge.zip", help="the zip")
    arguments = parser.parse_args()
    python = runtime_python(os.environ)
    try:
        size = build(arguments.sources, arguments.output, python)
    except Refused as refused:
        print(f"Not built. {refused}", file=sys.stderr)
        return 2
    how = "with bytecode" if python else f"without bytecode, since no Python {RUNTIME} runs here: a cold start will compile"
    print(f"{arguments.output}: {size:,} bytes, {how}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
