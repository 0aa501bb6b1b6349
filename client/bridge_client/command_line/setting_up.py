"""The commands about the program itself: `ping`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bridge_client.command_line.options import bridge_options, json_option
from bridge_client.config.choice import Choice
from bridge_client.program import Program

if TYPE_CHECKING:
    from bridge_client.commands.client import Client


@click.command("ping")
@json_option
@bridge_options
@click.pass_obj
def ping(program: Program, choice: Choice, *, as_json: bool) -> int:
    """Check the bridge: the handshake, its store, its model."""

    def work(client: Client) -> int:
        from bridge_client.commands.ping import ping

        return ping(client, sys.stdout, as_json=as_json)

    return program.run(work, choice, as_json=as_json)
