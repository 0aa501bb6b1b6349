"""The store on DynamoDB: sessions and claims, in two tables.

Nothing is read before it is written: each write states its condition, and a failed one brings the row that is there instead. When the
answer of a write was lost and the write is repeated, its condition meets its own row, which is success:

    first attempt   put if absent  ->  written, answer lost
    second attempt  put if absent  ->  condition failed, old row = ours  ->  success
"""

from __future__ import annotations

from bridge.aws.dynamo_claims import DynamoClaims
from bridge.aws.dynamo_sessions import DynamoSessions
from bridge.aws.dynamo_table import Table
from bridge.aws.service import Service


class DynamoStore(DynamoSessions, DynamoClaims):
    """`bridge.store.port.Store` on DynamoDB. Threads may share it."""

    def __init__(self, service: Service, *, context_table: str, hash_table: str) -> None:
        DynamoSessions.__init__(self, Table(service, context_table))
        DynamoClaims.__init__(self, Table(service, hash_table))
