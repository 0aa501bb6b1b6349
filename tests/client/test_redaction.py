"""Secrets are taken out of text, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import string
import time
import uuid
import warnings

import pytest

from bridge_client.redaction import redacted
from bridge_client.secret_rules.rules import GITLEAKS, all_rules, python_expression

LETTERS, HEX = string.ascii_letters + string.digits, string.digits + "abcdef"


def made(characters: str, length: int) -> str:
    """As a key looks; never one that is in use. Digits and letters are sure to be among them."""
    return "4a" + "".join(random.Random(f"{characters}{length}").choices(characters, k=length - 2))


# Put together here, so that no scanner takes this file for a leak: prefix, length of the secret part, and where a key hides beside a name.
KEYS = {
    "anthropic": "sk-ant-" + "api03-" + made(LETTERS + "_-", 95),
    "anthropic admin": "sk-ant-" + "admin01-" + made(LETTERS, 95),
    "openai": "sk-" + "proj-" + made(LETTERS, 64),
    "openai old": "sk" + "-" + made(LETTERS, 48),
    "aws id": "AK" + "IA" + made(string.ascii_uppercase + "234567", 16).upper(),
    "aws temporary id": "AS" + "IA" + made(string.ascii_uppercase + "234567", 16).upper(),
    "aws secret": "aws_secret_access_key = " + made(LETTERS + "/+", 40),
    "github": "gh" + "p_" + made(LETTERS, 36),
    "github oauth": "gh" + "o_" + made(LETTERS, 36),
    "github app": "gh" + "s_" + made(LETTERS, 36),
    "github fine-grained": "github_" + "pat_" + made(LETTERS, 82),
    "gitlab": "gl" + "pat-" + made(LETTERS, 20),
    "slack bot": "xo" + "xb-123456789012-123456789012-" + made(LETTERS, 24),
    "slack user": "xo" + "xp-123456789012-123456789012-123456789012-" + made(HEX, 32),
    "slack webhook": "https://hooks.slack.com/" + "services/T0000AAAA/B0000AAAA/" + made(LETTERS, 24),
    "discord webhook": "https://discord.com/" + "api/webhooks/123456789012345678/" + made(LETTERS, 68),
    "telegram": "123456789:" + "AA" + made(LETTERS, 33),
    "google": "AI" + "za" + made(LETTERS, 35),
    "google oauth": "GOC" + "SPX-" + made(LETTERS, 28),
    "google access": "ya" + "29." + made(LETTERS, 60),
    "azure storage": "DefaultEndpointsProtocol=https;AccountName=kites;Account" + "Key=" + made(LETTERS + "+/", 86) + "==",
    "azure client": "client_secret=" + made(LETTERS, 3) + "8" + "Q~" + made(LETTERS, 34),
    "stripe": "sk_" + "live_" + made(LETTERS, 24),
    "stripe restricted": "rk_" + "test_" + made(LETTERS, 24),
    "stripe webhook": "whs" + "ec_" + made(LETTERS, 32),
    "twilio": "S" + "K" + made(HEX, 32),
    "sendgrid": "S" + "G." + made(LETTERS, 22) + "." + made(LETTERS, 43),
    "mailgun": "ke" + "y-" + made(HEX, 32),
    "mailchimp": made(HEX, 32) + "-us" + "12",
    "npm": "np" + "m_" + made(LETTERS, 36),
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + made(LETTERS, 80),
    "docker hub": "dck" + "r_pat_" + made(LETTERS, 27),
    "digitalocean": "do" + "p_v1_" + made(HEX, 64),
    "huggingface": "h" + "f_" + made(LETTERS, 34),
    "databricks": "da" + "pi" + made(HEX, 32),
    "vault": "hv" + "s." + made(LETTERS, 95),
    "shopify": "sh" + "pat_" + made(HEX, 32),
    "linear": "lin_" + "api_" + made(LETTERS, 40),
    "notion": "nt" + "n_12345678901" + made(LETTERS, 35),
    "postman": "PM" + "AK-" + made(HEX, 24) + "-" + made(HEX, 34),
    "grafana": "gl" + "sa_" + made(LETTERS, 32) + "_" + made(HEX, 8),
    "new relic": "NR" + "AK-" + made(string.ascii_uppercase + string.digits, 27).upper(),
    "terraform": made(LETTERS, 14) + ".atlas" + "v1." + made(LETTERS, 64),
    "age": "AGE-SECRET-" + "KEY-1" + made("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58).upper().replace("4A", "QP"),
    "groq": "gs" + "k_" + made(LETTERS, 52),
    "jwt": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + made(LETTERS, 43),
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----\n" + f"{made(LETTERS, 64)}\n" * 9 + "-----END RSA " + "PRIVATE KEY-----",
    "private key in JSON": r"-----BEGIN " + r"PRIVATE KEY-----\n" + (made(LETTERS, 64) + r"\n") * 9 + r"-----END " + r"PRIVATE KEY-----\n",
    "private key cut off": "-----BEGIN OPENSSH " + "PRIVATE KEY-----\n" + f"{made(LETTERS, 64)}\n" * 3,
    "url": "postgres://ada:" + made(LETTERS, 12) + "@db.example.com/kites",
    "bearer": "Authorization: " + "Bearer " + made(LETTERS, 40),
    "password": 'PASSWORD="' + made(LETTERS, 12) + '"',
    "named in prose": "the API key is " + made(LETTERS, 32),
    "in the environment": "KITE_SERVICE_TOKEN=" + made(HEX, 40),
    "mapbox": "sk.ey" + "J1Ijoi" + made(LETTERS, 50) + "." + made(LETTERS, 22),
    "sentry": "https://" + made(HEX, 32) + "@o1.ingest.sentry.io/1",
    "netlify": "nf" + "p_" + made(LETTERS, 40),
    "launchdarkly": "sd" + "k-" + str(uuid.UUID(int=0x4A3B2C1D4A3B4C1D8A3B4C1D4A3B4C1E)),
    "netrc": "machine example.com login ada password " + made(LETTERS, 14),
    "mysql": "mysql -u root -p" + made(LETTERS, 12) + " kites",
    "command line": "deploy --token " + made(LETTERS, 32) + " --force",
    "docker": '"auth": "' + made(LETTERS, 40) + '"',
    "kubernetes": "client-key-data: " + made(LETTERS, 200),
    "cookie": "Cookie: sessionid=" + made(LETTERS, 32),
    "django": "SECRET_KEY = 'django-insecure-" + made(LETTERS, 20) + "!@#$%^&*'",
    "shell": "SMTP_PASSWORD=" + made(string.ascii_lowercase, 16),
    "datadog": "datadog_api_key: " + made(HEX, 32),
    "heroku": "HEROKU_API_KEY=" + str(uuid.UUID(int=0x4A3B2C1D4A3B4C1D8A3B4C1D4A3B4C1D)),
}


def secret(key: str) -> str:
    """The part that only a holder of the key knows: its longest run of letters and digits."""
    runs: list[str] = re.findall(r"[A-Za-z0-9]+", key)
    return max((run for run in runs if re.search(r"\d", run)), key=len)


@pytest.mark.parametrize("around", ["{}", "My key is {}.", "use `{}`, or (else) wait", '{{"value": "{}"}}', "a\n{}\nb", "<{}>"])
def test_nothing_is_left_of_any_kind_of_key(around: str) -> None:
    for name, key in KEYS.items():
        text, counts = redacted(around.format(key))
        assert secret(key) not in text, name
        assert "[redacted: " in text, name
        assert sum(counts.values()) >= 1, name


def test_the_words_around_a_key_stay_and_each_is_counted() -> None:
    github, slack = KEYS["github"], KEYS["slack bot"]
    text, counts = redacted(f"First {github}, then {slack} and {github}.")
    assert text == "First [redacted: github-pat], then [redacted: slack-bot-token] and [redacted: github-pat]."
    assert counts == {"github-pat": 2, "slack-bot-token": 1}
    assert redacted(text) == (text, {})


def harmless() -> list[str]:
    chance = random.Random(7)
    lines = []
    for _ in range(200):
        data = chance.randbytes(48)
        digest, identifier = hashlib.sha256(data).hexdigest(), uuid.UUID(bytes=data[:16])
        lines += [
            str(identifier),
            f"request_id={identifier}",
            f"primary key: {identifier}",
            digest,
            f"commit {digest[:40]}",
            f"sha256:{digest}",
            f'"integrity": "sha512-{base64.b64encode(data + data).decode()}"',
            base64.b64encode(data).decode(),
            base64.urlsafe_b64encode(data).decode(),
            f"data:image/png;base64,{base64.b64encode(data).decode()}",
        ]
    return lines


def test_two_thousand_harmless_lines_stay_as_they_are() -> None:
    lines = harmless()
    assert len(lines) == 2_000
    assert [redacted(line) for line in lines] == [(line, {}) for line in lines]
    assert redacted("\n".join(lines)) == ("\n".join(lines), {})


@pytest.mark.parametrize(
    "line",
    [
        "password = get_password()",
        "token = tokens[0]",
        "The password is required.",
        'api_key = os.environ["ANTHROPIC_API_KEY"]',
        "export TOKEN=${GITHUB_TOKEN}",
        "https://example.com:8080/path@2x.png",
        "postgres://ada:${PASSWORD}@db/kites",
        "max_tokens: 4096, temperature: 0.7",
        "The secret is to fly in a steady wind.",
        "cd $PWD; PWD=/home/ada/kites; DB_PASS=${PASS}",
        "run --token TOKEN --password PASSWORD",
        "My favourite cookie: chocolate chip, with a=b in it",
        "monkey: 12345678901234567890",
        "sk-learn, sk-image and task-2026-11-27 are not keys",
    ],
)
def test_code_and_prose_about_secrets_stay(line: str) -> None:
    assert redacted(line) == (line, {})


@pytest.mark.slow
def test_ten_thousand_messages_take_seconds() -> None:
    words = ["kite", "wind", "line", "api", "service", "token", "key", "secret", "access", "build", "deploy", "user", "password"]
    chance = random.Random(1)
    messages = [" ".join(chance.choices(words, k=100)) for _ in range(1_000)]
    began = time.process_time()
    for message in messages:
        redacted(message)
    assert time.process_time() - began < 2.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["a", "A1b", "sk-", "ey", "://a:", "s3cret ", "password", "token token_", "aws secret ", "x.", "kind: secret data:"]
)
def test_no_text_of_the_size_of_a_message_takes_long(piece: str) -> None:
    began = time.process_time()
    redacted(piece * (120_000 // len(piece)))
    assert time.process_time() - began < 5.0


def test_the_rules_are_those_of_a_named_release_unchanged() -> None:
    assert hashlib.sha256(GITLEAKS.read_bytes()).hexdigest() == "e163e53b9e7e8a8511e77271e2b323ed057759542a6d988258afe3a1fa329caf"
    assert "MIT License" in GITLEAKS.with_name("LICENSE.gitleaks").read_text()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sum(bool(rule.pattern.pattern) for rule in all_rules()) > 250


def test_an_expression_in_go_means_the_same_in_python() -> None:
    assert python_expression(r"a(?i)b(c)") == r"a(?i:b(c))"
    assert python_expression(r"\b(PM-(?i)[a-f)]{2}\))x") == r"\b(PM-(?i:[a-f)]{2}\)))x"
    assert python_expression(r"(?i)a(?i)b\z") == r"(?i)a(?i:b\Z)"
