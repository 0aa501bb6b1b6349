"""What is checked of a deployed bridge, step by step. Each takes the stack as the one before has left it."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bridge_deploy import client_profile
from system.e2e_stack import KEY, NAME, E2eStack
from system.emulated_account import SLOWLY
from system.lambda_log import metrics_in, passes

Check = Callable[[E2eStack], None]

KITE = "My name is Ada and I am building a kite."
SESSIONS, HASHES = f"{NAME}-sessions", f"{NAME}-hashes"
LAST = (
    *("done", "error", "history", "sessions", "search", "deleted", "cancelled", "pong"),
    *("configured", "remembered", "imported", "recalled"),
)
"""The types of frames that end a request."""


def a_table_that_exists_is_seen_first(stack: E2eStack) -> None:
    """a table of the same name, of which the state knows nothing, stops a deployment before it begins"""
    dynamodb = stack.account.client("dynamodb")
    key: dict[str, Any] = {"AttributeName": "session_id"}
    dynamodb.create_table(
        TableName=SESSIONS,
        KeySchema=[{**key, "KeyType": "HASH"}],
        AttributeDefinitions=[{**key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    said = stack.refused("deploy")
    assert f"import module.storage.aws_dynamodb_table.sessions {SESSIONS}" in said
    assert stack.account.client("iam").list_roles()["Roles"] == []
    dynamodb.delete_table(TableName=SESSIONS)


def deploy(stack: E2eStack) -> None:
    """make deploy, with a token for a guest and one whose time is over"""
    tokens = {owner: token_in(stack.make("token", f"OWNER={owner}", "DAYS=1")) for owner in ("guest", "late")}
    stack.remember(tokens=tokens)
    path = stack.checkout / "terraform" / "tokens.auto.tfvars.json"
    content = json.loads(path.read_text())
    next(entry for entry in content["client_tokens"] if entry["owner"] == "late")["expires"] = int(time.time()) - 60
    path.write_text(json.dumps(content))
    said = stack.make("deploy")
    assert "Deployed." in said
    assert "The bridge is at wss://" in said


def serve(stack: E2eStack) -> None:
    """the gateway in front of the very zip, and a first question"""
    stack.serve()
    answer = stack.ask(KITE)
    assert KITE in answer.stdout
    stack.remember(session=session_of(answer.stderr))


def a_second_plan_is_empty(stack: E2eStack) -> None:
    """a second plan is empty"""
    stack.terraform("plan", "-detailed-exitcode", "-input=false", "-no-color")


def a_second_process_is_remembered(stack: E2eStack) -> None:
    """a second process is remembered"""
    answer = stack.ask("What am I building?", session(stack))
    assert "2 earlier messages" in answer.stdout
    assert "My name is Ada" in answer.stdout


def smoke(stack: E2eStack) -> None:
    """make smoke"""
    assert stack.make("smoke", CLAUDE_BRIDGE_URL=stack.running["url"], CLAUDE_BRIDGE_TOKEN=stack.running["token"])


def the_tables_hold_it(stack: E2eStack) -> None:
    """the rows are in the two tables: turns and head, claims without text"""
    dynamodb = stack.account.client("dynamodb")
    key = f"somebody/{session(stack)}"
    rows = dynamodb.query(
        TableName=SESSIONS, KeyConditionExpression="session_id = :id", ExpressionAttributeValues={":id": {"S": key}}, ConsistentRead=True
    )["Items"]
    assert [row["turn"]["S"] == "~head" for row in rows] == [False, False, True]
    assert rows[0]["context"]["L"][0]["M"]["content"]["S"] == KITE
    assert all(int(row["ttl"]["N"]) > time.time() for row in rows)
    claims = json.dumps(dynamodb.scan(TableName=HASHES)["Items"])
    assert json.loads(claims)
    assert "Ada" not in claims
    for table in (SESSIONS, HASHES):
        assert dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"


def who_may_connect(stack: E2eStack) -> None:
    """tokens: none, wrong or expired 403; a guest's lets in and shows nobody else's sessions"""
    tokens = stack.running["tokens"]
    assert refusal(stack, None) == 403
    assert refusal(stack, "ccb_wrong") == 403
    assert refusal(stack, tokens["late"]) == 403
    stack.ask("Hi", token="ccb_wrong", expected=4)
    with talking(stack, tokens["guest"]) as guest:
        [listing] = asked(guest, action="sessions")
        assert listing["sessions"] == []
        [history] = asked(guest, action="history", session_id=session(stack))
        assert history["code"] == "no_such_session"


def every_action_works(stack: E2eStack) -> None:
    """every action works, and every call of the functions is allowed by its role"""
    with talking(stack) as one, talking(stack) as another:
        assert asked(one, action="ping")[-1]["type"] == "pong"
        assert asked(one, action="nonsense")[-1]["code"] == "unknown_action"
        single = asked(one, action="query", message="Hello Claude!", session_id="old")[-1]
        assert json.loads(single["body"])["context_length"] == 2
        a_duplicate_is_replayed(one, another)
        a_cancelled_answer_is_stored(one, another)
        a_session_deleted_meanwhile_is_gone(one, another)
        a_session_is_named_moved_and_recalled(one)
        assert asked(one, action="history", session_id="old")[-1]["turns"]
        assert asked(one, action="delete", session_id="old")[-1]["type"] == "deleted"
        listed = asked(one, action="sessions")[-1]["sessions"]
        assert session(stack) in [entry["session_id"] for entry in listed]
    calls = stack.calls
    assert [call for call in calls if not call["allowed"]] == []
    assert '"level": "ERROR"' not in stack.function_log
    assert {(call["action"], call["resource"]) for call in calls} == allowed_calls(stack)


def a_duplicate_is_replayed(one: ClientConnection, another: ClientConnection) -> None:
    query = started(one, "double", until="accepted")
    second, first = asked(another, **query)[-1], until_last(one, query["request_id"])[-1]
    assert (first["type"], second["type"], first["answer"]) == ("done", "done", second["answer"])
    assert asked(one, **query)[-1]["duplicate"] is True


def a_cancelled_answer_is_stored(one: ClientConnection, another: ClientConnection) -> None:
    query = started(one, "cut", until="delta")
    assert asked(another, action="cancel", session_id="cut", request_id=query["request_id"])[-1]["type"] == "cancelled"
    assert until_last(one, query["request_id"])[-1]["stop_reason"] == "cancelled"


def a_session_deleted_meanwhile_is_gone(one: ClientConnection, another: ClientConnection) -> None:
    query = started(one, "gone", until="delta")
    assert asked(another, action="delete", session_id="gone")[-1]["type"] == "deleted"
    assert until_last(one, query["request_id"])[-1]["code"] == "session_deleted"


def a_session_is_named_moved_and_recalled(one: ClientConnection) -> None:
    assert asked(one, action="configure", session_id="old", title="Greetings", keep_hours=48)[-1]["title"] == "Greetings"
    assert asked(one, action="remember", session_id="notes", text="The kite is of yellow paper.")[-1]["type"] == "remembered"
    turns = asked(one, action="history", session_id="old")[-1]["turns"]
    assert asked(one, action="import", session_id="copy", turns=turns)[-1]["added"] == len(turns)
    assert asked(one, action="import", session_id="copy", turns=turns)[-1]["added"] == 0
    assert asked(one, action="recall", message="Which paper is the kite made of?")[-1]["passages"]
    done = asked(one, action="query", message="Which paper is the kite made of?", session_id="new", scope="all", stream=True)[-1]
    assert "notes" in {passage["session_id"] for passage in done["passages"]}
    assert asked(one, action="search", words="yellow paper")[-1]["hits"]


def started(connection: ClientConnection, session_id: str, until: str) -> dict[str, Any]:
    """A question whose answer takes seconds, asked and followed to its first frame of this type."""
    message = f"Tell me {SLOWLY}."
    query = {"action": "query", "message": message, "session_id": session_id, "request_id": uuid.uuid4().hex, "stream": True}
    connection.send(json.dumps(query))
    frame: dict[str, Any] = {}
    while (frame.get("type"), frame.get("request_id")) != (until, query["request_id"]):
        frame = json.loads(connection.recv(30))
    return query


def allowed_calls(stack: E2eStack) -> set[tuple[str, str]]:
    """Every statement of the two roles, as action and resource, but for what API Gateway and Lambda themselves check."""
    result = set()
    for name in (f"{NAME}-bridge", f"{NAME}-authorizer"):
        for policy in stack.account.policies(stack.account.function(name).role):
            result |= {(statement["Action"], statement["Resource"]) for statement in policy["Statement"]}
    emulated = ("dynamodb:", "ssm:", "bedrock-mantle:", "aws-external-anthropic:")
    # Whoever names no project asks in the default one.
    return {(action, resource.replace("project/*", "project/default")) for action, resource in result if action.startswith(emulated)}


def what_it_never_calls_is_denied(stack: E2eStack) -> None:
    """a call that the bridge never makes is denied"""
    account = stack.account
    bridge = account.function(f"{NAME}-bridge").role
    for service, operation, arguments in (
        ("dynamodb", "scan", {"TableName": SESSIONS}),
        ("dynamodb", "delete_item", {"TableName": HASHES, "Key": {"hash": {"S": "x"}}}),
        ("dynamodb", "delete_table", {"TableName": SESSIONS}),
        ("dynamodb", "get_item", {"TableName": "another", "Key": {"hash": {"S": "x"}}}),
        ("ssm", "get_parameter", {"Name": "/another"}),
        ("lambda", "list_functions", {}),
    ):
        client = account.client_of(service, bridge)
        with pytest.raises(ClientError, match=r"\(403\)|AccessDenied"):
            getattr(client, operation)(**arguments)
    authorizer = account.client_of("dynamodb", account.function(f"{NAME}-authorizer").role)
    with pytest.raises(ClientError, match=r"\(403\)|AccessDenied"):
        authorizer.get_item(TableName=SESSIONS, Key={"session_id": {"S": "x"}, "turn": {"S": "x"}})
    posts_are_checked(stack)


def posts_are_checked(stack: E2eStack) -> None:
    """Posting to a connection takes the bridge's own signature; looking at one is not even the bridge's to do."""
    account = stack.account
    with talking(stack) as connection:
        asked(connection, action="ping")
        for role in (None, account.function(f"{NAME}-bridge").role):
            client = account.client_of("apigatewaymanagementapi", role, stack.running["connections"])
            with pytest.raises(ClientError) as refused:
                client.post_to_connection(ConnectionId="AAAAAAAAAAAAAAA=", Data=b"x")
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def a_change_changes_what_it_should(stack: E2eStack) -> None:
    """a changed line, variable or route changes what it should in the plan, and nothing else"""
    function = "module.function.aws_lambda_function.this"
    with stack.edited("lambda/bridge/text.py", "from __future__", "# Changed.\nfrom __future__"):
        stack.make("build")
        assert planned(stack) == {f'{function}["bridge"]': ["update"], f'{function}["authorizer"]': ["update"]}
    stack.make("build")
    assert planned(stack, TF_VAR_session_ttl_hours="48") == {f'{function}["bridge"]': ["update"]}
    with stack.edited("terraform/modules/websocket_api/main.tf", '"$default", "query"', '"$default", "query", "cancel"'):
        api = "module.websocket_api.aws_"
        assert planned(stack) == {
            f'{api}apigatewayv2_route.this["cancel"]': ["create"],
            f'{api}lambda_permission.bridge["cancel"]': ["create"],
        }
    assert planned(stack) == {}


def planned(stack: E2eStack, **variables: str) -> dict[str, list[str]]:
    """What a deployment would do, by address."""
    plan = str(stack.folder / "plan")
    stack.terraform("plan", "-input=false", "-no-color", "-refresh=false", f"-out={plan}", **variables)
    shown = json.loads(stack.terraform("show", "-json", plan))
    Path(plan).unlink()
    changes = {change["address"]: change["change"]["actions"] for change in shown.get("resource_changes", [])}
    return {address: actions for address, actions in changes.items() if actions != ["no-op"]}


def a_revoked_token_is_refused(stack: E2eStack) -> None:
    """make revoke, make deploy: the token is refused, and nothing but the authorizer has changed"""
    guest = stack.running["tokens"]["guest"]
    stack.make("revoke", "OWNER=guest")
    assert "0 to add, 1 to change, 0 to destroy" in stack.make("deploy")
    assert refusal(stack, guest) == 403
    assert asked_once(stack, action="ping")["type"] == "pong"


def whatever_the_log_level_metrics_leave_the_function(stack: E2eStack) -> None:
    """with log_level = "ERROR" and a domain of its own: metrics leave the function, the plan is empty, the domain is the URL"""
    certificate = f"arn:aws:acm:{stack.region}:123456789012:certificate/mock"
    settings = {"TF_VAR_log_level": "ERROR", "TF_VAR_domain_name": "chat.example.com", "TF_VAR_certificate_arn": certificate}
    said = stack.make("deploy", **settings)
    assert "chat.example.com must be a CNAME of d-emulated" in said
    stack.terraform("plan", "-detailed-exitcode", "-input=false", "-no-color", **settings)
    profile = client_profile.read(stack.profile)
    assert profile
    assert profile.url == "wss://chat.example.com"
    before = len(stack.function_log)
    stack.ask(KITE)
    lines, least = stack.function_log[before:].splitlines(), stack.account.function(f"{NAME}-bridge").log_level
    logged = [line for line in lines if passes(line, least)]
    assert [metric["Function"] for metric in metrics_in(logged)] == [f"{NAME}-bridge"]
    assert len(logged) == len(metrics_in(logged))
    stack.make("deploy")


def one_bad_token_costs_that_entry_alone(stack: E2eStack) -> None:
    """a bad entry among the tokens lets nobody in, is logged, and keeps nobody else out"""
    functions, name = stack.account.client("lambda"), f"{NAME}-authorizer"
    variables = stack.account.function(name).variables
    good = json.loads(variables["CLIENT_TOKENS"])
    milliseconds = {**next(entry for entry in good if entry["owner"] == "guest"), "expires": 1_800_000_000_000}
    listed = [milliseconds, 7, *(entry for entry in good if entry["owner"] != "guest")]
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "CLIENT_TOKENS": json.dumps(listed)}}
    )
    assert asked_once(stack, action="ping")["type"] == "pong"
    assert refusal(stack, stack.running["tokens"]["guest"]) == 403
    errors = {
        line["message"].partition(" admits nobody")[0] for line in map(json.loads, stack.function_log.splitlines()) if "message" in line
    }
    assert {"Token 1", "Token 2"} <= errors
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": dict(variables)})
    with talking(stack, stack.running["tokens"]["guest"]) as guest:
        assert asked(guest, action="ping")[-1]["type"] == "pong"


def every_line_names_its_invocation(stack: E2eStack) -> None:
    """every line of the functions' log has Lambda's requestId"""
    lines = [json.loads(line) for line in stack.function_log.splitlines()]
    assert lines
    assert [line for line in lines if not uuid.UUID(line["requestId"])] == []


def the_key_is_nowhere(stack: E2eStack) -> None:
    """the key is in no file, no function's configuration and no log"""
    files = [path for path in stack.folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert files == []
    functions = stack.account.client("lambda").list_functions()["Functions"]
    assert len(functions) == 2
    assert KEY not in json.dumps(
        [stack.account.client("lambda").get_function(FunctionName=f["FunctionName"]) for f in functions], default=str
    )
    parameter = stack.account.client("ssm").get_parameter(Name=f"/{NAME}/anthropic-api-key", WithDecryption=True)["Parameter"]
    assert (parameter["Type"], parameter["Value"]) == ("SecureString", KEY)


def the_tokens_are_nowhere(stack: E2eStack) -> None:
    """the tokens, and what people wrote, are in no log of the functions and nowhere in the state"""
    secrets = [stack.running["token"], *stack.running["tokens"].values(), "building a kite"]
    for path in (stack.logs / "functions.log", stack.logs / "calls.jsonl", *(stack.checkout / "terraform").rglob("*.tfstate*")):
        assert [secret for secret in secrets if secret in path.read_text()] == [], path


def destroy(stack: E2eStack) -> None:
    """make destroy, when somebody says so: the account and the client's profile hold nothing of it"""
    assert f"make destroy DELETE_CONVERSATIONS={NAME}" in stack.refused("destroy")
    assert SESSIONS in stack.account.client("dynamodb").list_tables()["TableNames"]
    stack.make("destroy", DELETE_CONVERSATIONS=NAME)
    account = stack.account
    left = {
        f"{service} {operation}": getattr(account.client(service), operation)()[key]
        for service, operation, key in (
            ("dynamodb", "list_tables", "TableNames"),
            ("lambda", "list_functions", "Functions"),
            ("iam", "list_roles", "Roles"),
            ("ssm", "describe_parameters", "Parameters"),
            ("logs", "describe_log_groups", "logGroups"),
            ("apigatewayv2", "get_apis", "Items"),
            ("cloudwatch", "describe_alarms", "MetricAlarms"),
            ("cloudwatch", "list_dashboards", "DashboardEntries"),
        )
    }
    assert {what: items for what, items in left.items() if items} == {}
    assert client_profile.read(stack.profile) is None


ALL: tuple[Check, ...] = (
    a_second_plan_is_empty,
    a_second_process_is_remembered,
    smoke,
    the_tables_hold_it,
    who_may_connect,
    every_action_works,
    what_it_never_calls_is_denied,
    a_change_changes_what_it_should,
    whatever_the_log_level_metrics_leave_the_function,
    one_bad_token_costs_that_entry_alone,
    every_line_names_its_invocation,
    a_revoked_token_is_refused,
    the_key_is_nowhere,
    the_tokens_are_nowhere,
)


def session(stack: E2eStack) -> str:
    """The session of the first question."""
    return str(stack.running["session"])


def session_of(stderr: str) -> str:
    result = re.search(r"chat-[0-9a-f]{12}", stderr)
    assert result, stderr
    return result[0]


def token_in(said: str) -> str:
    result = re.search(r"ccb_\S+", said)
    assert result, said
    return result[0]


def talking(stack: E2eStack, token: str | None = None) -> ClientConnection:
    headers = {"Authorization": f"Bearer {token or stack.running['token']}"}
    return connect(stack.running["url"], additional_headers=headers, compression=None, max_size=None)


def refusal(stack: E2eStack, token: str | None) -> int:
    """The status that a handshake with this token is refused with."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with pytest.raises(InvalidStatus) as refused:
        connect(stack.running["url"], additional_headers=headers)
    return refused.value.response.status_code


def asked(connection: ClientConnection, **request: Any) -> list[dict[str, Any]]:
    """Sends a request and follows it to its last frame."""
    request = {"request_id": uuid.uuid4().hex, **request}
    connection.send(json.dumps(request))
    return until_last(connection, request["request_id"])


def asked_once(stack: E2eStack, **request: Any) -> Mapping[str, Any]:
    with talking(stack) as connection:
        return asked(connection, **request)[-1]


def until_last(connection: ClientConnection, request_id: str) -> list[dict[str, Any]]:
    """The frames of one request; those of an earlier one, which a replay may have repeated, are left out."""
    frames: list[dict[str, Any]] = []
    while not frames or (frames[-1].get("type") not in LAST and "statusCode" not in frames[-1]):
        frame = json.loads(connection.recv(30))
        if (json.loads(frame["body"]) if "statusCode" in frame else frame)["request_id"] == request_id:
            frames.append(frame)
    return frames
