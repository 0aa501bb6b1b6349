mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }

  mock_resource "aws_ssm_parameter" {
    defaults = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/example/anthropic-api-key" }
  }
}

variables {
  name                     = "example"
  anthropic_api_key        = "sk-ant-not-a-real-key"
  sessions_table_arn       = "arn:aws:dynamodb:eu-central-1:123456789012:table/example-sessions"
  owner_index_arn          = "arn:aws:dynamodb:eu-central-1:123456789012:table/example-sessions/index/owner-index"
  hashes_table_arn         = "arn:aws:dynamodb:eu-central-1:123456789012:table/example-hashes"
  stage_execution_arn      = "arn:aws:execute-api:eu-central-1:123456789012:abc123/prod"
  bridge_log_group_arn     = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/example-bridge"
  authorizer_log_group_arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/example-authorizer"
}

run "the_bridge_may_do_what_it_does_and_no_more" {
  command = apply

  assert {
    condition = toset([for statement in jsondecode(aws_iam_role_policy.bridge.policy).Statement : "${statement.Action} ${statement.Resource}"]) == toset([
      "dynamodb:BatchWriteItem ${var.sessions_table_arn}",
      "dynamodb:DeleteItem ${var.sessions_table_arn}",
      "dynamodb:GetItem ${var.sessions_table_arn}",
      "dynamodb:PutItem ${var.sessions_table_arn}",
      "dynamodb:Query ${var.sessions_table_arn}",
      "dynamodb:UpdateItem ${var.sessions_table_arn}",
      "dynamodb:BatchGetItem ${var.sessions_table_arn}",
      "dynamodb:Query ${var.owner_index_arn}",
      "dynamodb:GetItem ${var.hashes_table_arn}",
      "dynamodb:PutItem ${var.hashes_table_arn}",
      "dynamodb:UpdateItem ${var.hashes_table_arn}",
      "execute-api:ManageConnections ${var.stage_execution_arn}/POST/@connections/*",
      "ssm:GetParameter ${aws_ssm_parameter.api_key[0].arn}",
      "logs:CreateLogStream ${var.bridge_log_group_arn}:*",
      "logs:PutLogEvents ${var.bridge_log_group_arn}:*",
    ])
    error_message = "The bridge's policy differs from the calls that the bridge makes."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.bridge.policy).Statement : statement.Effect == "Allow" && can(regex("^[a-z-]+:[A-Za-z]+$", statement.Action)) && statement.Resource != "*"])
    error_message = "Each statement allows one action, by its name, on one resource."
  }
}

run "the_authorizer_may_write_its_log_and_nothing_else" {
  command = apply

  assert {
    condition = toset([for statement in jsondecode(aws_iam_role_policy.authorizer.policy).Statement : "${statement.Action} ${statement.Resource}"]) == toset([
      "logs:CreateLogStream ${var.authorizer_log_group_arn}:*",
      "logs:PutLogEvents ${var.authorizer_log_group_arn}:*",
    ])
    error_message = "The authorizer's policy allows more or less than its log."
  }
}

run "only_lambda_takes_the_roles" {
  command = apply

  assert {
    condition     = alltrue([for role in [aws_iam_role.bridge, aws_iam_role.authorizer] : jsondecode(role.assume_role_policy).Statement[0].Principal == { Service = "lambda.amazonaws.com" }])
    error_message = "Somebody besides Lambda could take a role."
  }
}

run "the_key_is_encrypted_and_not_kept" {
  command = apply

  variables {
    anthropic_api_key_version = 3
  }

  assert {
    condition     = aws_ssm_parameter.api_key[0].type == "SecureString" && aws_ssm_parameter.api_key[0].name == "/example/anthropic-api-key"
    error_message = "The key lies in a SecureString."
  }

  assert {
    condition     = aws_ssm_parameter.api_key[0].value_wo == null && aws_ssm_parameter.api_key[0].value_wo_version == 3
    error_message = "The key is written and not stored in the state."
  }
}

run "a_key_of_ones_own_may_be_used_to_decrypt" {
  command = apply

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234"
  }

  assert {
    condition     = contains([for statement in jsondecode(aws_iam_role_policy.bridge.policy).Statement : "${statement.Action} ${statement.Resource}"], "kms:Decrypt ${var.kms_key_arn}")
    error_message = "The bridge cannot decrypt what the key encrypts."
  }
}

run "through_bedrock_no_key_is_kept_and_one_permission_more" {
  command = apply

  variables {
    claude_provider = "bedrock"
  }

  assert {
    condition     = length(aws_ssm_parameter.api_key) == 0 && output.api_key_parameter_name == null
    error_message = "There is a parameter for a key that is not needed."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.bridge.policy).Statement : "${statement.Action} ${statement.Resource}" if !can(regex("^(dynamodb|execute-api|logs):", statement.Action))] == [
      "bedrock-mantle:CreateInference arn:aws:bedrock-mantle:eu-central-1:123456789012:project/*",
    ]
    error_message = "The bridge may do more or less than ask Claude through Bedrock."
  }
}

run "on_the_platform_on_aws_the_bridge_may_ask_in_its_workspace_alone" {
  command = apply

  variables {
    claude_provider     = "anthropic-aws"
    claude_workspace_id = "wrkspc_01AbCdEf"
  }

  assert {
    condition     = length(aws_ssm_parameter.api_key) == 0 && output.api_key_parameter_name == null
    error_message = "There is a parameter for a key that is not needed."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.bridge.policy).Statement : "${statement.Action} ${statement.Resource}" if !can(regex("^(dynamodb|execute-api|logs):", statement.Action))] == [
      "aws-external-anthropic:CreateInference arn:aws:aws-external-anthropic:eu-central-1:123456789012:workspace/wrkspc_01AbCdEf",
    ]
    error_message = "The bridge may do more or less than ask Claude in its workspace."
  }
}

run "the_permission_is_of_the_tables_partition" {
  command = apply

  variables {
    claude_provider    = "bedrock"
    sessions_table_arn = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/example-sessions"
  }

  assert {
    condition     = contains([for statement in jsondecode(aws_iam_role_policy.bridge.policy).Statement : statement.Resource], "arn:aws-us-gov:bedrock-mantle:us-gov-west-1:123456789012:project/*")
    error_message = "The permission is for another partition or region."
  }
}

run "no_provider_is_without_what_it_needs" {
  command = plan

  variables {
    claude_provider   = "anthropic-aws"
    anthropic_api_key = null
  }

  expect_failures = [var.claude_workspace_id]
}

run "the_api_itself_needs_a_key" {
  command = plan

  variables {
    anthropic_api_key = null
  }

  expect_failures = [var.anthropic_api_key]
}

run "a_key_is_one_word" {
  command = plan

  variables {
    anthropic_api_key = "two words"
  }

  expect_failures = [var.anthropic_api_key]
}

run "an_unknown_provider_is_refused" {
  command = plan

  variables {
    claude_provider = "vertex"
  }

  expect_failures = [var.claude_provider]
}

run "unusable_values_are_refused" {
  command = plan

  variables {
    claude_workspace_id       = "workspace/*"
    name                      = "-"
    anthropic_api_key_version = 1.5
    sessions_table_arn        = "arn:aws:dynamodb:eu-central-1:123456789012:table/*"
    owner_index_arn           = "arn:aws:dynamodb:eu-central-1:123456789012:table/example-sessions/index/*"
    hashes_table_arn          = "*"
    stage_execution_arn       = "arn:aws:execute-api:eu-central-1:123456789012:abc123/*"
    bridge_log_group_arn      = "*"
    authorizer_log_group_arn  = "*"
    kms_key_arn               = "*"
  }

  expect_failures = [
    var.name, var.claude_workspace_id, var.anthropic_api_key_version, var.sessions_table_arn, var.owner_index_arn, var.hashes_table_arn,
    var.stage_execution_arn, var.bridge_log_group_arn, var.authorizer_log_group_arn, var.kms_key_arn,
  ]
}
