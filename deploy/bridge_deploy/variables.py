"""Whether everything that is set is a variable: Terraform ignores what it does not know, and a misspelt protection protects nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from bridge_deploy.failures import Failure

_PREFIX = "TF_VAR_"
_HEREDOC = re.compile(r"<<-?(\w+)\n.*?^\s*\1$", re.DOTALL | re.MULTILINE)
_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|(?:#|//)[^\n]*|/\*.*?\*/', re.DOTALL)
_TOKEN = re.compile(r"[{\[(]|[}\])]|^[ \t]*(\w+)[ \t]*=(?!=)", re.MULTILINE)


def require_known_variables(folder: Path, environment: Mapping[str, str]) -> None:
    """Raises `Failure` for a name in the files of variables that is not declared, and for a `TF_VAR_` that is nearly one that is."""
    declared = re.findall(r'^variable "(\w+)"', (folder / "variables.tf").read_text(encoding="utf-8"), re.MULTILINE)
    for path in files(folder):
        for name in names_in(path):
            if name not in declared:
                raise Failure(f"{path} sets {name}, which is not a variable of this stack.{_meant(name, declared)}")
    for variable in sorted(environment):
        name = variable.removeprefix(_PREFIX)
        # Others may be meant for another project's Terraform.
        if variable.startswith(_PREFIX) and name not in declared and (meant := _meant(name, declared)):
            raise Failure(f"{variable} is not a variable of this stack.{meant}")


def files(folder: Path) -> list[Path]:
    """The files that Terraform reads variables from by itself, in its order: what a later one says takes precedence."""
    always = (folder / "terraform.tfvars", folder / "terraform.tfvars.json")
    automatic = sorted([*folder.glob("*.auto.tfvars"), *folder.glob("*.auto.tfvars.json")])
    return [path for path in (*always, *automatic) if path.is_file()]


def names_in(path: Path) -> list[str]:
    """The names that a file sets. Raises `Failure` where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        return list(json.loads(text)) if path.suffix == ".json" else list(_assigned(text))
    except ValueError as error:
        raise Failure(f"{path} cannot be read: {error}") from error


def value_of(name: str, folder: Path, environment: Mapping[str, str]) -> str:
    """What a variable of text is set to, "" where it is not set, or null. Later files take precedence, as they do for Terraform."""
    value = environment.get(f"{_PREFIX}{name}", "")
    for path in files(folder):
        if name in names_in(path):
            text = path.read_text(encoding="utf-8")
            given = json.loads(text)[name] if path.suffix == ".json" else _text_after(name, text)
            value = given if isinstance(given, str) else ""
    return value


def _text_after(name: str, text: str) -> str:
    match = re.search(rf'^[ \t]*{name}[ \t]*=[ \t]*"([^"]*)"', _HEREDOC.sub('""', text), re.MULTILINE)
    return match[1] if match else ""


def _assigned(text: str) -> Iterator[str]:
    """The names before an `=` outside of all brackets."""
    depth = 0
    for token in _TOKEN.finditer(_STRING_OR_COMMENT.sub('""', _HEREDOC.sub('""', text))):
        if token[1]:
            if depth == 0:
                yield token[1]
        else:
            depth += 1 if token[0] in "{[(" else -1


def _meant(name: str, declared: list[str]) -> str:
    near = get_close_matches(name, declared, 1, 0.8)
    return f" Did you mean {near[0]}?" if near else ""
