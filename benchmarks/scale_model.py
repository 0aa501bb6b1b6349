"""From one user to a million: what each part of the bridge on AWS is asked for, which limit that meets first, and what a month costs.

Pure arithmetic, from the figures of one question (docs/operations.md, "What it costs") and AWS's published quotas and prices of us-east-1.
"""

from __future__ import annotations

from typing import NamedTuple

from bridge.clock import Timing

USERS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)


class Use(NamedTuple):
    """What is assumed of a user and of a question. Tokens are Claude's, thinking included; units are DynamoDB's."""

    questions_a_day: float = 10
    active_hours: float = 10
    peak: float = 3
    """The busiest hour has this many times the average of the active hours."""
    seconds: float = 15
    """From question to stored answer: a function is busy that long."""
    connected_hours: float = 1
    """So long a day a client is connected: ten minutes with each of a few questions."""
    connections_a_day: float = 5
    tokens_in: float = 2_750
    tokens_out: float = 1_000
    summary_in: float = 800
    summary_out: float = 500
    writes: float = 10
    reads: float = 13
    log_kb: float = 2
    stored_kb: float = 4
    """Of text, index and attributes, for up to three days."""


USE = Use()
TIMING = Timing()
DAYS = 30


def posts(seconds: float) -> float:
    """How many frames an answer of `seconds` is posted in: `accepted`, `status`, `done`, and text at the two paces of the poster."""
    quick = min(seconds, TIMING.fast_seconds)
    return 3 + quick / TIMING.text_interval + (seconds - quick) / TIMING.slow_text_interval


class Price(NamedTuple):
    """Of one question, in dollars."""

    claude: float
    summary: float
    messages: float
    functions: float
    table: float
    logs: float


def price(use: Use = USE) -> Price:
    return Price(
        claude=use.tokens_in * 2e-6 + use.tokens_out * 10e-6,
        summary=use.summary_in * 0.1e-6 + use.summary_out * 0.5e-6,
        messages=(1 + posts(use.seconds)) * 1e-6,
        functions=0.5 * use.seconds * 0.0000133334 + 0.2e-6,
        table=use.writes * 0.625e-6 + use.reads * 0.125e-6,
        logs=use.log_kb / 1e6 * 0.5,
    )


class Month(NamedTuple):
    """What a month costs, in dollars. `idle` is at most: alarms and dashboard, of which an account has the first ones free."""

    claude: float
    aws: float
    idle: float = 4 + 14 * 0.3

    @property
    def total(self) -> float:
        return self.claude + self.aws + self.idle


def month(users: int, use: Use = USE) -> Month:
    each, questions = price(use), users * use.questions_a_day * DAYS
    connected = users * use.connected_hours * 60 * DAYS * 0.25e-6
    stored = users * use.questions_a_day * 3 * use.stored_kb / 1e6 * 0.25
    claude = each.claude + each.summary
    return Month(questions * claude, questions * (sum(each) - claude) + connected + stored)


class Limit(NamedTuple):
    """`need` is what one user asks for in the busiest hour; `default` what there is at first, `most` after it was raised; None: ask."""

    name: str
    need: float
    default: float
    most: float | None
    raised: str

    @property
    def users(self) -> float:
        """With this many users the default is used up."""
        return self.default / self.need

    @property
    def users_at_most(self) -> float | None:
        return None if self.most is None else self.most / self.need


def questions_a_second(users: float = 1, use: Use = USE) -> float:
    """In the busiest hour."""
    return users * use.questions_a_day / (use.active_hours * 3600) * use.peak


def limits(use: Use = USE) -> list[Limit]:
    """In the order in which they are met."""
    rate = questions_a_second(1, use)
    connects = rate * use.connections_a_day / use.questions_a_day
    gateway, lambdas, table = "Service Quotas, API Gateway", "Service Quotas, Lambda", "by itself; then Service Quotas, per table"
    organisation = "your organisation's limits with Anthropic"
    requests = rate * (1 + posts(use.seconds)) + connects
    every = [
        Limit("client tokens", 1, 30, None, "one service in front with one token, or an authorizer of your own"),
        Limit("concurrent executions, new account", rate * use.seconds, 10, 1_000, lambdas),
        Limit("concurrent executions", rate * use.seconds, 1_000, None, lambdas),
        Limit("Claude, output tokens a minute", rate * 60 * use.tokens_out, 100_000, 800_000, organisation),
        Limit("Claude, input tokens a minute", rate * 60 * use.tokens_in, 500_000, 4_000_000, f"{organisation}; a smaller `context_limit`"),
        Limit("Claude, requests a minute", rate * 60, 1_000, 4_000, organisation),
        Limit("the stage's throttle, messages a second", rate + connects, 100, 10_000, "`throttling_rate`, at most the account's"),
        Limit("API Gateway, requests a second", requests, 10_000, None, f"{gateway}; or several accounts"),
        Limit("API Gateway, new connections a second", connects, 500, None, gateway),
        Limit("DynamoDB, writes a second", rate * use.writes, 4_000, 40_000, table),
        Limit("DynamoDB, reads a second", rate * use.reads, 12_000, 40_000, table),
    ]
    return sorted(every, key=lambda limit: limit.users)


class Step(NamedTuple):
    """The busiest hour of this many users, and their month."""

    users: int
    questions: float
    at_once: float
    connections: float
    requests: float
    writes: float
    month: Month
    met: tuple[str, ...]
    """The limits that are used up by then, unless they have been raised."""


def step(users: int, use: Use = USE) -> Step:
    rate = questions_a_second(users, use)
    return Step(
        users,
        rate,
        rate * use.seconds,
        users * use.connected_hours / use.active_hours * use.peak,
        rate * (1 + posts(use.seconds) + use.connections_a_day / use.questions_a_day),
        rate * use.writes,
        month(users, use),
        tuple(limit.name for limit in limits(use) if limit.users < users),
    )
