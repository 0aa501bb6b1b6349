"""The commands: plan, deploy, destroy, outputs, smoke, token, rotate, revoke."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge_deploy import client_profile, package, refusals, tokens
from bridge_deploy.aws_environment import require_api_key, require_credentials, require_region
from bridge_deploy.client_profile import Profile
from bridge_deploy.failures import Failure
from bridge_deploy.plans import Plan
from bridge_deploy.smoke import Smoke, step
from bridge_deploy.terraform import Check, Terraform
from bridge_deploy.variables import require_known_variables

_OF_API_GATEWAY = re.compile(r"wss://[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/")


@dataclass(frozen=True, slots=True)
class Stack:
    """One checkout and who works with it. `terminal`: there is somebody to ask."""

    root: Path
    environment: Mapping[str, str]
    home: Path
    terminal: bool

    @property
    def _interactive(self) -> bool:
        return self.environment.get("CI", "").lower() not in ("true", "1")

    def _asked(self, name: str) -> str:
        """What was given to make as OWNER or DAYS."""
        return self.environment.get(f"CLAUDE_BRIDGE_{name}", "").strip()

    @property
    def _folder(self) -> Path:
        return self.root / "terraform"

    @property
    def _terraform(self) -> Terraform:
        return Terraform(self._folder, self.environment)

    @property
    def _tokens(self) -> tokens.TokenFile:
        return tokens.TokenFile(self._folder)

    @property
    def _profile_path(self) -> Path:
        return client_profile.path_of(self.environment, self.home)

    def plan(self) -> None:
        """Shows what a deployment would change."""
        self._prepare(self._terraform)
        self._terraform.plan()

    def deploy(self) -> None:
        """Deploys; where a person does it who has no token yet, with a token and a profile for the client."""
        require_api_key(self._folder, self.environment)
        terraform = self._terraform
        self._prepare(terraform)
        before = terraform.outputs()
        token = self._token_for_operator()
        try:
            changed = terraform.deploy(self._check("make deploy", before))
            outputs = terraform.outputs()
        except BaseException:
            if token:
                self._tokens.remove(tokens.hash_of(token))
            raise
        print("\nDeployed." if changed else "\nNothing has changed.")
        self._hand_over(Profile(str(outputs["name"]), str(outputs["url"]), token), str(before.get("url", "")))
        self._say_where_the_domain_leads(outputs)

    def destroy(self) -> None:
        """Deletes all that was deployed, and the client's entry for it."""
        terraform = self._terraform
        self._require(terraform)
        if not self._zip.exists():
            self._build()  # Terraform validates all variables before a destroy too.
        terraform.init()
        outputs = terraform.outputs()
        if not terraform.destroy(self._check("make destroy", outputs)):
            raise Failure(_nothing_left(outputs))
        self._forget(outputs)

    def outputs(self) -> None:
        """Prints the outputs as a JSON object."""
        print(json.dumps(self._outputs(), indent=2))

    def smoke(self) -> None:
        """Tries what is deployed, step by step. CLAUDE_BRIDGE_URL and CLAUDE_BRIDGE_TOKEN name other ones than the profile."""
        address: dict[str, str] = {}
        step(1, "deployment", lambda: address.update(CLAUDE_BRIDGE_URL=self._url()))
        step(2, "token", lambda: address.update(CLAUDE_BRIDGE_TOKEN=self._token_for(address["CLAUDE_BRIDGE_URL"])))
        Smoke(self.root / "client" / "ask.py", {**self.environment, **address}).run(first=3)
        print(f"The bridge at {address['CLAUDE_BRIDGE_URL']} works.")

    def _url(self) -> str:
        return self.environment.get("CLAUDE_BRIDGE_URL") or str(self._outputs()["url"])

    def _token_for(self, url: str) -> str:
        present = client_profile.read(self._profile_path)
        token = self.environment.get("CLAUDE_BRIDGE_TOKEN") or (present.token if present and present.url == url else "")
        if not token:
            raise Failure(f"There is no token for {url}. Make one: make token OWNER=name, make deploy, export CLAUDE_BRIDGE_TOKEN=...")
        return token

    def token(self) -> None:
        """Makes a token for OWNER, for DAYS days or forever, and prints it: the one time that it can be seen."""
        token = tokens.new_token()
        entry = tokens.entry_for(token, self._asked("OWNER"), self._asked("DAYS"), time.time())
        self._tokens.add(entry)
        print(token)
        print(f"This is {entry.owner}'s token; it is not shown again. It is valid after: make deploy", file=sys.stderr)

    def rotate(self) -> None:
        """Makes a token for OWNER that replaces those of OWNER, which end in DAYS days, by default 7: until then both are valid."""
        token, owner, days = tokens.new_token(), self._asked("OWNER"), self._asked("DAYS") or "7"
        entry, until = tokens.entry_for(token, owner, "", time.time()), tokens.entry_for(token, owner, days, time.time()).expires
        ending = self._tokens.rotate(entry, until or 0)
        print(token)
        print(
            f"This is {owner}'s new token, not shown again. It is valid after: make deploy (the {ending} before it: {days} days more)",
            file=sys.stderr,
        )

    def revoke(self) -> None:
        """Removes all of OWNER's tokens."""
        owner = self._asked("OWNER")
        removed = self._tokens.remove_owner(owner)
        if not removed:
            raise Failure(f"{owner!r} has no token. Say whose tokens to revoke: make revoke OWNER=name")
        print(f"{removed} of {owner}'s tokens removed. They are refused after: make deploy (open connections last up to 2 hours)")

    def _outputs(self) -> dict[str, Any]:
        terraform = self._terraform
        terraform.require()
        terraform.init()
        outputs = terraform.outputs()
        if not outputs:
            raise Failure("Nothing is deployed. Deploy with: make deploy")
        return outputs

    @property
    def _zip(self) -> Path:
        return self.root / "build" / "bridge.zip"

    def _build(self) -> None:
        try:
            package.build(self.root / "lambda", self._zip, package.runtime_python(self.environment))
        except package.Refused as refused:
            raise Failure(f"Not built. {refused}") from refused

    def _require(self, terraform: Terraform) -> None:
        terraform.require()
        require_known_variables(self._folder, self.environment)
        require_region(self.environment, self.home, self._folder)
        require_credentials(self.environment, self.home)

    def _prepare(self, terraform: Terraform) -> None:
        self._require(terraform)
        self._build()
        terraform.init()

    def _asks(self) -> bool:
        return self._interactive and self.terminal

    def _check(self, command: str, before: Mapping[str, Any]) -> Check:
        """What is asked and refused before a plan is carried out; `before` are the outputs of what is deployed now."""
        stack = str(before.get("name", ""))

        def check(plan: Plan) -> None:
            consented = bool(stack) and self.environment.get(refusals.WORD) == stack
            impossible = refusals.of_existing_tables(plan) or refusals.of_protected_tables(plan, command)
            missing = "" if consented else refusals.of_missing_tables(plan, str(before.get("region")), command, stack)
            if impossible or missing:
                raise Failure(impossible or missing)
            deleted, tables = plan.deleted(), [str(change.before["name"]) for change in plan.deleted_tables()]
            if deleted and self._asks():
                everything = f"This deletes {stack} with all conversations in it."
                if not self._confirmed(everything if command == "make destroy" else _what_goes(deleted, tables)):
                    raise Failure("Nothing was changed.")
            elif tables and not consented:
                raise Failure(refusals.of_deleted_tables(tables, command, stack))

        return check

    def _confirmed(self, what: str) -> bool:
        print(f"\n{what}\nType yes to go on: ", end="", flush=True)
        return sys.stdin.readline().strip() == "yes"

    def _token_for_operator(self) -> str:
        """A new token, its hash in the file, where a person deploys whose client has no entry yet; else ""."""
        if not self._interactive or client_profile.read(self._profile_path):
            return ""
        token = tokens.new_token()
        owner = re.sub(r"[^A-Za-z0-9_-]", "-", self.environment.get("USER", ""))[:64]
        self._tokens.add(tokens.entry_for(token, owner if owner.strip("-") and owner != "default" else "me", "", time.time()))
        return token

    def _hand_over(self, deployed: Profile, before: str) -> None:
        """Tells the person, and the client's profile, where the bridge is; `before` is the URL that it had until now, if any."""
        present = client_profile.read(self._profile_path) if self._interactive else None
        print(f"The bridge is at {deployed.url}")
        if deployed.token:
            client_profile.write(self._profile_path, deployed)
            print(f"{self._profile_path} has the client's entry, with a token of your own.")
        elif present and present.stack == deployed.stack and present.url != deployed.url and _is_ours(present.url, before):
            client_profile.write(self._profile_path, Profile(deployed.stack, deployed.url, present.token))
        elif present and present.url != deployed.url:
            self._say_that_the_client_goes_elsewhere(present, deployed)
            return
        if not self._tokens.entries():
            print("Nobody may connect yet: make token OWNER=name, then deploy again.")
        elif self._interactive:
            print('Ask the first question: python3 client/ask.py "hello"')

    def _say_that_the_client_goes_elsewhere(self, present: Profile, deployed: Profile) -> None:
        print(f"The client goes on talking to {present.url}, as {self._profile_path} says.")
        if present.stack == deployed.stack:
            print("If that is a domain name of your own for this bridge, let Terraform know it: domain_name and certificate_arn.")
        else:
            print("To talk to this one: make token OWNER=name, make deploy, and")
            print(f"  export CLAUDE_BRIDGE_URL={deployed.url} CLAUDE_BRIDGE_TOKEN=...")

    def _say_where_the_domain_leads(self, outputs: Mapping[str, Any]) -> None:
        if target := outputs.get("domain_target"):
            host = str(outputs["url"]).removeprefix("wss://")
            print(f"DNS: {host} must be a CNAME of {target['name']} (in Route 53, an alias to it in zone {target['zone_id']}).")

    def _forget(self, outputs: Mapping[str, Any]) -> None:
        present = client_profile.read(self._profile_path)
        if present is None or not present.stack or present.stack != outputs.get("name"):
            return
        if _is_ours(present.url, str(outputs.get("url", ""))):
            client_profile.remove(self._profile_path)
            self._tokens.remove(tokens.hash_of(present.token))
            print(f"The client's entry is removed from {self._profile_path}.")
        else:
            print(f"{self._profile_path} still has an entry for {present.url}.")


def _is_ours(url: str, before: str) -> bool:
    """Whether a URL of the profile is one that a deployment has written, and not one that a person has put there."""
    return url == before or bool(_OF_API_GATEWAY.match(url))


def _what_goes(addresses: list[str], tables: list[str]) -> str:
    listed = "\n  ".join(addresses)
    conversations = f"\nWith {' and '.join(tables)} all conversations are gone for good." if tables else ""
    return f"These would be deleted or recreated, with what is in them:\n  {listed}{conversations}"


def _nothing_left(outputs: Mapping[str, Any]) -> str:
    if not outputs:
        return "Nothing is deployed."
    return (
        f"The state has the stack {outputs.get('name')} in {outputs.get('region')}, but nothing of it was found. "
        "Do AWS_REGION and AWS_PROFILE name another region or account?"
    )
