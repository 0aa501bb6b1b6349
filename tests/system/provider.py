"""Where Terraform finds its provider on this machine: `python3 tests/system/provider.py` prints the folder, or nothing.

A folder of provider packages holds them at REGISTRY/hashicorp/aws/VERSION/PLATFORM, and is what `terraform init -plugin-dir` wants.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

NAME = "terraform-provider-aws_v*"
BELOW = 5
"""How many folders there are between the folder and the file."""


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Terraform's environment in an empty home: what is set already, else a folder with the provider that was found."""
    own = Path(environment.get("TF_CLI_CONFIG_FILE") or Path.home() / ".terraformrc")
    said = {"TF_CLI_CONFIG_FILE": str(own)} if own.is_file() else {}
    folder = environment.get("TF_PLUGIN_DIR") or ("" if said else plugin_folder())
    return {**said, "TF_PLUGIN_DIR": folder} if folder else said


def plugin_folder() -> str:
    """The folder that holds a provider for AWS, "" where there is none."""
    skipped = [part for path in ("/proc", "/sys", "/dev") for part in ("-path", path, "-prune", "-o")]
    command = ["find", "/", *skipped, "-type", "f", "-name", NAME, "-path", "*/hashicorp/aws/*", "-print"]
    result = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")[0]
    return str(Path(result).parents[BELOW]) if result else ""


if __name__ == "__main__":
    print(os.environ.get("TF_PLUGIN_DIR") or plugin_folder())
