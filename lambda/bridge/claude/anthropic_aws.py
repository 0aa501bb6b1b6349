"""Claude Platform on AWS: run by Anthropic, with AWS's authorisation and bill.

https://docs.aws.amazon.com/claude-platform/latest/userguide/making-requests.html
"""

from __future__ import annotations

from bridge.claude.endpoint import AwsService

SERVICE = AwsService(
    name="aws-external-anthropic",
    url="https://aws-external-anthropic.{region}.api.aws",
    action="aws-external-anthropic:CreateInference",
    resource="arn:aws:aws-external-anthropic:{region}:ACCOUNT:workspace/WORKSPACE",
    access="Subscribe the account to Claude Platform on AWS, in the AWS console",
    headers=(("anthropic-workspace-id", "claude_workspace_id"),),
)
