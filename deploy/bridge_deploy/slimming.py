"""What of the bridge's modules does not go into the function's package: docstrings, comments, the types of functions, imports for types
alone, three of four spaces of indentation, and those beside operators. No line is added or removed, so that a trace names the same lines
as the sources do.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping, Set


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
    return {**sources, **{name: slimmed(content, taken.get(name, set())) for name, content in modules.items()}}


def slimmed(content: bytes, wanted: Set[str] = frozenset()) -> bytes:
    """One module; `wanted` are the names that others import from it."""
    return tightened(narrowed(without_type_imports(untyped(unpromised(unchecked(undocumented(content)))), wanted)))


def tightened(content: bytes) -> bytes:
    """A module without the spaces beside operators; every line keeps its number.

    A line that a text goes on over, or that ends with a backslash, stays as it is.
    """
    lines = content.decode().split("\n")
    untouched = {number for number, line in enumerate(lines, 1) if line.endswith("\\")}
    tight: dict[int, list[str]] = {}
    end, was_operator = (0, 0), False
    for first, last, is_operator in _tokens(content):
        if first[0] != last[0] or first[0] in untouched:
            untouched.update(range(first[0], last[0] + 1))
            continue
        row, text = first[0], lines[first[0] - 1]
        if end[0] != row:
            tight[row] = [text[: first[1]]]
        elif end[1] < first[1] and not (was_operator or is_operator):
            tight[row].append(" ")
        tight[row].append(text[first[1] : last[1]])
        end, was_operator = last, is_operator
    return "\n".join(
        "".join(tight[number]) if number in tight and number not in untouched else line for number, line in enumerate(lines, 1)
    ).encode()


def _tokens(content: bytes) -> Iterator[tuple[tuple[int, int], tuple[int, int], bool]]:
    """Where each begins and ends (line, column), and whether it is an operator. An f-string is one, as before Python 3.12."""
    start, depth = (0, 0), 0
    for token in tokenize.tokenize(io.BytesIO(content).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "FSTRING_START":
            start = start if depth else token.start
            depth += 1
        elif kind == "FSTRING_END":
            depth -= 1
            if not depth:
                yield start, token.end, False
        elif not depth and token.string.strip() and token.type != tokenize.ENCODING:
            yield token.start, token.end, token.type == tokenize.OP


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
