"""What a plan would do, read from `terraform show -json` (https://developer.hashicorp.com/terraform/internals/json-format)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

TABLE = "aws_dynamodb_table"

NAMED_BY = {
    TABLE: "name",
    "aws_cloudwatch_log_group": "name",
    "aws_iam_role": "name",
    "aws_lambda_function": "function_name",
    "aws_ssm_parameter": "name",
}
"""What can exist once only in an account and region, and the attribute that has its name, by which `terraform import` finds it."""


class Change(NamedTuple):
    """A change of one resource. `before` and `after` are its attributes; empty where it does not exist then."""

    address: str
    kind: str
    actions: frozenset[str]
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name in the account, "" where that is not known."""
        attribute = NAMED_BY.get(self.kind, "")
        return str(self.after.get(attribute) or self.before.get(attribute) or "")


class Plan(NamedTuple):
    """`gone` was in the state, and is not in the account any more. `tables` are the names of all tables in the account and region."""

    changes: tuple[Change, ...]
    gone: tuple[Change, ...]
    tables: frozenset[str]

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> Plan:
        """`shown` is the JSON object that Terraform prints of a plan."""
        gone = tuple(change for change in _changes(shown.get("resource_drift", [])) if "delete" in change.actions)
        known = shown.get("prior_state", {}).get("values", {}).get("root_module", {}).get("resources", [])
        tables = (resource["values"].get("names") for resource in known if resource["type"] == "aws_dynamodb_tables")
        return cls(tuple(_changes(shown.get("resource_changes", []))), gone, frozenset(name for names in tables for name in names or ()))

    def deleted(self) -> list[str]:
        """The addresses of what is deleted or replaced."""
        return [change.address for change in self.changes if "delete" in change.actions]

    def deleted_tables(self) -> list[Change]:
        """The tables that are deleted or replaced, with what is in them."""
        return [change for change in self.changes if change.kind == TABLE and "delete" in change.actions]

    def protected_tables(self) -> list[str]:
        """The names of tables that are to be deleted, which AWS will refuse."""
        return [str(change.before["name"]) for change in self.deleted_tables() if change.before.get("deletion_protection_enabled")]

    def missing_tables(self) -> list[str]:
        """The names of tables that the state knows and the account does not, and that are to be created again, empty."""
        created = {change.address for change in self.changes if "create" in change.actions}
        return [change.name for change in self.gone if change.kind == TABLE and change.address in created]

    def occupied_tables(self) -> list[Change]:
        """The tables that are to be created and exist already, unknown to the state."""
        created = [change for change in self.changes if change.kind == TABLE and "create" in change.actions]
        return [change for change in created if change.name in self.tables and change.name != change.before.get("name")]


def _changes(listed: list[Mapping[str, Any]]) -> Iterator[Change]:
    for item in listed:
        change = item["change"]
        yield Change(
            item["address"], item.get("type", ""), frozenset(change["actions"]), change.get("before") or {}, change.get("after") or {}
        )
