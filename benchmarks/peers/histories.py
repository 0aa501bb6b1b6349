"""Conversations in DynamoDB as others keep them: `python histories.py KIND URL TURN`, for one turn late in a conversation.

KIND is `original` (the layout of the original bridge: one item for a conversation), `langchain` (DynamoDBChatMessageHistory) or `langgraph`
(a graph of one node, with DynamoDBSaver, and S3 for what is larger than an item may be). It fills the conversation with TURN - 1 turns,
prints `ready`, waits for a line, plays one turn, and prints `done`, or `refused` with what DynamoDB says.
"""

from __future__ import annotations

import hashlib
import sys
import warnings
from collections.abc import Callable
from typing import Any

warnings.simplefilter("ignore")

import boto3  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

QUESTION, ANSWER = "q" * 400, "a" * 1200
KEYS: Any = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "example", "region_name": "eu-central-1"}
BUCKET = "checkpoints"
Played = tuple[Callable[[int], None], Callable[[], None]]
"""Fills the conversation with this many turns; plays one."""


def table(url: str, name: str, *keys: str) -> None:
    boto3.client("dynamodb", endpoint_url=url, **KEYS).create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
    )


def original(url: str) -> Played:
    """The hash of a message is looked up and put; the item of its session is read, and put with two more messages."""
    table(url, "original", "session_id")
    table(url, "hashes", "hash")
    resource = boto3.resource("dynamodb", endpoint_url=url, **KEYS)
    sessions, hashes = resource.Table("original"), resource.Table("hashes")

    def put(context: list[dict[str, str]]) -> None:
        sessions.put_item(Item={"session_id": "s", "context": context, "last_updated": 1_750_000_000, "ttl": 1_750_086_400})

    def turn() -> None:
        digest = hashlib.md5(QUESTION.encode()).hexdigest()
        hashes.get_item(Key={"hash": digest})
        context = sessions.get_item(Key={"session_id": "s"})["Item"]["context"]
        hashes.put_item(Item={"hash": digest, "session_id": "s", "answer": ANSWER, "ttl": 1_750_086_400})
        put([*context, *said(1)])

    return lambda turns: put(said(turns)), turn


def said(turns: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}] * turns


def langchain(url: str) -> Played:
    from langchain_community.chat_message_histories import DynamoDBChatMessageHistory

    table(url, "langchain", "SessionId")
    session = boto3.Session(**KEYS)
    history: Any = DynamoDBChatMessageHistory("langchain", "s", endpoint_url=url, boto3_session=session)

    def turn() -> None:
        assert len(history.messages) >= 2
        history.add_messages(messages(1))

    return lambda turns: history.add_messages(messages(turns)), turn


def messages(turns: int) -> list[Any]:
    from langchain_core.messages import AIMessage, HumanMessage

    return [kind(text) for _ in range(turns) for kind, text in ((HumanMessage, QUESTION), (AIMessage, ANSWER))]


def langgraph(url: str) -> Played:
    from langchain_core.messages import AIMessage, HumanMessage
    from langgraph.graph import START, MessagesState, StateGraph
    from langgraph_checkpoint_aws import DynamoDBSaver

    table(url, "langgraph", "PK", "SK")
    place = {"LocationConstraint": "eu-central-1"}
    boto3.client("s3", endpoint_url=url, **KEYS).create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    session = boto3.Session(**KEYS)
    saver = DynamoDBSaver("langgraph", session, endpoint_url=url, s3_offload_config={"bucket_name": BUCKET, "endpoint_url": url})
    graph: Any = StateGraph(MessagesState)
    graph.add_node("claude", lambda _: {"messages": [AIMessage(ANSWER)]})
    graph.add_edge(START, "claude")
    compiled = graph.compile(checkpointer=saver)
    config = {"configurable": {"thread_id": "s"}}

    def turn() -> None:
        compiled.invoke({"messages": [HumanMessage(QUESTION)]}, config)

    return lambda turns: compiled.update_state(config, {"messages": messages(turns)}, as_node="claude") and None, turn


def main() -> None:
    kind, url, number = sys.argv[1:]
    fill, turn = {"original": original, "langchain": langchain, "langgraph": langgraph}[kind](url)
    try:
        fill(int(number) - 1)
        print("ready", flush=True)
        sys.stdin.readline()
        turn()
        print("done", flush=True)
    except ClientError as error:
        print(f"refused {error}", flush=True)


if __name__ == "__main__":
    main()
