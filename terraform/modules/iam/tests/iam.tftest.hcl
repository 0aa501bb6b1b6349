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
      "dynamodb:Query ${var.owner_index_arn}",
      "dynamodb:GetItem ${var.hashes_table_arn}",
      "dynamodb:PutItem ${var.hashes_table_arn}",
      "dynamodb:UpdateItem ${var.hashes_table_arn}",
      "execute-api:ManageConnections ${var.stage_execution_arn}/POST/@connections/*",
      "ssm:GetParameter ${aws_ssm_parameter.api_key.arn}",
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
    condition     = aws_ssm_parameter.api_key.type == "SecureString" && aws_ssm_parameter.api_key.name == "/example/anthropic-api-key"
    error_message = "The key lies in a SecureString."
  }

  assert {
    condition     = aws_ssm_parameter.api_key.value_wo == null && aws_ssm_parameter.api_key.value_wo_version == 3
    error_message = "The key is written and not kept."
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

run "unusable_values_are_refused" {
  command = plan

  variables {
    name                      = "-"
    anthropic_api_key         = "two words"
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
    var.name, var.anthropic_api_key, var.anthropic_api_key_version, var.sessions_table_arn, var.owner_index_arn, var.hashes_table_arn,
    var.stage_execution_arn, var.bridge_log_group_arn, var.authorizer_log_group_arn, var.kms_key_arn,
  ]
}
