"""A misspelt setting is refused, wherever Terraform would ignore it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge_deploy.failures import Failure
from bridge_deploy.variables import names_in, require_known_variables, value_of
from terraform.checkout import Checkout

HCL = """# log_levl = "ERROR"
log_level = "WARN" // or: log_lvl = 1
tags = {
  application_id = "a = b"
  nested         = "}"
}
/* deletion_protecton = true */
system_prompt = <<-EOT
  answer = short {
  EOT
client_tokens = [{ owner = "me", sha256 = "x" }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ("log_level", "tags", "system_prompt", "client_tokens", "deletion_protection", "name")
    (tmp_path / "variables.tf").write_text("".join(f'variable "{name}" {{\n}}\n' for name in names))
    return tmp_path


def test_what_is_set_is_read_as_terraform_reads_it(folder: Path) -> None:
    (folder / "terraform.tfvars").write_text(HCL)
    assert names_in(folder / "terraform.tfvars") == ["log_level", "tags", "system_prompt", "client_tokens"]
    require_known_variables(folder, {"TF_VAR_name": "second", "TF_VAR_of_another_project": "1", "TF_LOG": "x"})


def test_the_value_that_counts_is_that_of_the_last_file(folder: Path) -> None:
    environment = {"TF_VAR_log_level": "ERROR"}
    assert value_of("log_level", folder, environment) == "ERROR"
    (folder / "terraform.tfvars").write_text(HCL)
    assert value_of("log_level", folder, environment) == "WARN"
    (folder / "b.auto.tfvars.json").write_text('{"log_level": "INFO"}')
    (folder / "a.auto.tfvars").write_text('log_level = "DEBUG"\n')
    assert value_of("log_level", folder, environment) == "INFO"
    (folder / "c.auto.tfvars").write_text("log_level = null\n")
    assert value_of("log_level", folder, environment) == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("terraform.tfvars", "deletion_protecton = true\n"),
        ("own.auto.tfvars", "deletion_protecton=true"),
        ("terraform.tfvars.json", '{"deletion_protecton": true}'),
        ("own.auto.tfvars.json", '{"deletion_protecton": true}'),
    ],
)
def test_a_misspelt_name_in_a_file_is_refused(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(Failure, match=rf"{name} sets deletion_protecton, .* Did you mean deletion_protection\?"):
        require_known_variables(folder, {})


def test_a_misspelt_name_in_the_environment_is_refused(folder: Path) -> None:
    with pytest.raises(Failure, match=r"TF_VAR_deletion_protecton is not .* deletion_protection\?"):
        require_known_variables(folder, {"TF_VAR_deletion_protecton": "true"})


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "terraform.tfvars.json").write_text("{")
    with pytest.raises(Failure, match=r"terraform\.tfvars\.json cannot be read"):
        require_known_variables(folder, {})


@pytest.mark.parametrize("command", ["plan", "deploy", "destroy"])
def test_nothing_is_begun_with_a_misspelt_name(checkout: Checkout, command: str) -> None:
    (checkout.root / "terraform" / "terraform.tfvars").write_text("log_levl = 1\n")
    answer = checkout.run(command)
    assert (answer.returncode, "Did you mean log_level?" in answer.stderr, checkout.ran()) == (2, True, [])
