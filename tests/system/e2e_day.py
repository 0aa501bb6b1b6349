"""An operator's day, rehearsed: a deleted session is restored, and a token is replaced."""

from __future__ import annotations

from typing import Any

from system.e2e_checks import SESSIONS, asked, refusal, session_of, talking, token_in
from system.e2e_stack import NAME, E2eStack

RESTORED = f"{NAME}-restored"
WITH_BACKUPS = {"TF_VAR_point_in_time_recovery": "true"}


def a_deleted_session_is_restored(stack: E2eStack) -> None:
    """with point_in_time_recovery a deleted session is put back from a restored table, and goes on"""
    stack.make("deploy", **WITH_BACKUPS)
    dynamodb = stack.account.client("dynamodb")
    backups = dynamodb.describe_continuous_backups(TableName=SESSIONS)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    lost = session_of(stack.ask("The spare key is under the third pot.").stderr)
    dynamodb.restore_table_to_point_in_time(SourceTableName=SESSIONS, TargetTableName=RESTORED, UseLatestRestorableTime=True)
    with talking(stack) as connection:
        before = asked(connection, action="history", session_id=lost)[-1]["turns"]
        assert asked(connection, action="delete", session_id=lost)[-1]["type"] == "deleted"
        assert asked(connection, action="history", session_id=lost)[-1]["code"] == "no_such_session"
        put_back(dynamodb, f"somebody/{lost}")
        assert asked(connection, action="history", session_id=lost)[-1]["turns"] == before
    assert "third pot" in stack.ask("Where is the spare key?", lost).stdout
    dynamodb.delete_table(TableName=RESTORED)
    stack.make("deploy")


def put_back(dynamodb: Any, key: str) -> None:
    """What docs/operations.md does with the AWS CLI."""
    condition = {"KeyConditionExpression": "session_id = :key", "ExpressionAttributeValues": {":key": {"S": key}}}
    for row in dynamodb.query(TableName=RESTORED, **condition)["Items"]:
        dynamodb.put_item(TableName=SESSIONS, Item=row)


def a_token_is_replaced_without_locking_anybody_out(stack: E2eStack) -> None:
    """make rotate, make deploy: the old and the new token are let in, as the same owner; after make revoke neither is"""
    old = token_in(stack.make("token", "OWNER=ada"))
    stack.make("deploy")
    with talking(stack, old) as connection:
        asked(connection, action="query", message="Hello!", session_id="of-ada", stream=True)
    new = token_in(stack.make("rotate", "OWNER=ada", "DAYS=1"))
    stack.make("deploy")
    for token in (old, new):
        with talking(stack, token) as connection:
            [listing] = asked(connection, action="sessions")
            assert [entry["session_id"] for entry in listing["sessions"]] == ["of-ada"]
    stack.make("revoke", "OWNER=ada")
    stack.make("deploy")
    assert [refusal(stack, token) for token in (old, new)] == [403, 403]


ALL = (a_deleted_session_is_restored, a_token_is_replaced_without_locking_anybody_out)
