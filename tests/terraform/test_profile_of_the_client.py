"""Where the client's profile leads after a deployment, and what of it is the person's own."""

from __future__ import annotations

import json

import pytest

from terraform.checkout import URL, Checkout

pytestmark = pytest.mark.slow  # Each test runs make.

OWN = "wss://chat.example.com"


def outputs(url: str, name: str = "claude-context", **more: object) -> dict[str, str]:
    return {"out": json.dumps({key: {"value": value} for key, value in {"name": name, "url": url, **more}.items()})}


def change_url(checkout: Checkout, url: str) -> None:
    path = checkout.home / ".config" / "claude-bridge" / "config.toml"
    path.write_text(path.read_text().replace(URL, url))


def test_the_entry_follows_its_stack_to_a_new_url(checkout: Checkout) -> None:
    checkout.run("deploy")
    before = checkout.profile
    assert before is not None
    checkout.answer(output=outputs("wss://moved"))
    checkout.run("deploy")
    assert checkout.profile == before | {"url": "wss://moved"}


def test_a_domain_of_ones_own_stays_and_is_shown(checkout: Checkout) -> None:
    checkout.run("deploy")
    change_url(checkout, OWN)
    before = checkout.profile
    answer = checkout.run("deploy")
    assert (answer.returncode, checkout.profile) == (0, before)
    assert f"The client goes on talking to {OWN}" in answer.stdout
    assert "domain_name and certificate_arn" in answer.stdout


def test_a_domain_that_terraform_knows_is_the_clients_url_and_its_dns_record_is_said(checkout: Checkout) -> None:
    checkout.run("deploy")
    checkout.answer(output=outputs(OWN, domain_target={"name": "d-1.execute-api.eu-central-1.amazonaws.com", "zone_id": "Z1"}))
    answer = checkout.run("deploy")
    assert checkout.profile is not None
    assert checkout.profile["url"] == OWN
    assert "chat.example.com must be a CNAME of d-1.execute-api.eu-central-1.amazonaws.com" in answer.stdout


def test_destroying_keeps_an_entry_that_a_person_has_changed(checkout: Checkout) -> None:
    checkout.run("deploy")
    change_url(checkout, OWN)
    before = checkout.profile
    answer = checkout.run("destroy")
    assert (checkout.profile, len(checkout.tokens)) == (before, 1)
    assert f"still has an entry for {OWN}." in answer.stdout


@pytest.mark.parametrize("own", ['model = "x"', "# mine"])
def test_what_else_is_in_the_table_stays(checkout: Checkout, own: str) -> None:
    checkout.run("deploy")
    path = checkout.home / ".config" / "claude-bridge" / "config.toml"
    path.write_text(path.read_text().replace("[bridge]\n", f"[bridge]\n{own}\n"))
    checkout.answer(output=outputs("wss://moved"))
    checkout.run("deploy")
    assert own in path.read_text()
    checkout.run("destroy")
    assert path.read_text() == f"[bridge]\n{own}\n"


def test_a_profile_that_is_a_link_stays_one(checkout: Checkout) -> None:
    path, real = checkout.home / ".config" / "claude-bridge" / "config.toml", checkout.home / "dotfiles.toml"
    path.parent.mkdir(parents=True)
    real.write_text("")
    path.symlink_to(real)
    checkout.run("deploy")
    assert path.is_symlink()
    assert URL in real.read_text()


@pytest.mark.parametrize(
    "text", [f'bridge = {{ url = "{URL}", stack = "claude-context" }}\n', f'bridge.url = "{URL}"\nbridge.stack = "claude-context"\n']
)
def test_a_form_that_cannot_be_edited_is_left_as_it_is(checkout: Checkout, text: str) -> None:
    path = checkout.home / ".config" / "claude-bridge" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    checkout.answer(output=outputs("wss://abd.execute-api.eu-central-1.amazonaws.com/prod"))
    answer = checkout.run("deploy")
    assert (answer.returncode, path.read_text()) == (2, text)
    assert 'url = "wss://abd.' in answer.stderr
