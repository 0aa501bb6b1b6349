"""Amazon Bedrock, which runs Claude itself: the Messages API of its endpoint `bedrock-mantle`.

https://docs.aws.amazon.com/bedrock/latest/userguide/inference-messages-api.html
"""

from __future__ import annotations

from bridge.claude.endpoint import AwsService

SERVICE = AwsService(
    name="bedrock-mantle",
    url="https://bedrock-mantle.{region}.api.aws/anthropic",
    action="bedrock-mantle:CreateInference",
    resource="arn:aws:bedrock-mantle:{region}:ACCOUNT:project/*",
    access="Request access to the model in the Amazon Bedrock console of {region}, under Model access",
)
