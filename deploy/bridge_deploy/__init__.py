"""Bringing the bridge to AWS: the package, Terraform, client tokens. Python's standard library and nothing else."""
