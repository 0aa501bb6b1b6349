locals {
  assume_role = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })

  # One statement for each action that the code really uses on each resource.
  on_sessions = [for action in ["BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"] : {
    Sid      = "Sessions${action}"
    Effect   = "Allow"
    Action   = "dynamodb:${action}"
    Resource = var.sessions_table_arn
  }]

  on_owner_index = [{
    Sid      = "OwnerIndexQuery"
    Effect   = "Allow"
    Action   = "dynamodb:Query"
    Resource = var.owner_index_arn
  }]

  on_hashes = [for action in ["GetItem", "PutItem", "UpdateItem"] : {
    Sid      = "Hashes${action}"
    Effect   = "Allow"
    Action   = "dynamodb:${action}"
    Resource = var.hashes_table_arn
  }]

  on_connections = [{
    Sid      = "PostToConnections"
    Effect   = "Allow"
    Action   = "execute-api:ManageConnections"
    Resource = "${var.stage_execution_arn}/POST/@connections/*"
  }]

  on_api_key = [for parameter in aws_ssm_parameter.api_key : {
    Sid      = "ReadApiKey"
    Effect   = "Allow"
    Action   = "ssm:GetParameter"
    Resource = parameter.arn
  }]

  # Partition, region and account are those of the tables.
  place = split(":", var.sessions_table_arn)

  aws_services = {
    bedrock       = { service = "bedrock-mantle", resource = "project/*" }
    anthropic-aws = { service = "aws-external-anthropic", resource = "workspace/${coalesce(var.claude_workspace_id, "none")}" }
  }

  on_claude = [for provider, service in local.aws_services : {
    Sid      = "AskClaude"
    Effect   = "Allow"
    Action   = "${service.service}:CreateInference"
    Resource = "arn:${local.place[1]}:${service.service}:${local.place[3]}:${local.place[4]}:${service.resource}"
  } if provider == var.claude_provider]

  on_kms_key = [for key in var.kms_key_arn[*] : {
    Sid      = "Decrypt"
    Effect   = "Allow"
    Action   = "kms:Decrypt"
    Resource = key
  }]

  # The groups exist before the functions, with their retention: neither function may make one.
  on_logs = { for function, log_group_arn in { bridge = var.bridge_log_group_arn, authorizer = var.authorizer_log_group_arn } :
    function => [for action in ["CreateLogStream", "PutLogEvents"] : {
      Sid      = action
      Effect   = "Allow"
      Action   = "logs:${action}"
      Resource = "${log_group_arn}:*"
    }]
  }
}

resource "aws_iam_role" "bridge" {
  name               = "${var.name}-bridge"
  description        = "The bridge function: its two tables, Claude, its connections, its log."
  assume_role_policy = local.assume_role
}

resource "aws_iam_role_policy" "bridge" {
  name = "bridge"
  role = aws_iam_role.bridge.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.on_sessions,
      local.on_owner_index,
      local.on_hashes,
      local.on_connections,
      local.on_api_key,
      local.on_claude,
      local.on_kms_key,
      local.on_logs.bridge,
    )
  })
}

resource "aws_iam_role" "authorizer" {
  name               = "${var.name}-authorizer"
  description        = "The authorizer function: its log, nothing else."
  assume_role_policy = local.assume_role
}

resource "aws_iam_role_policy" "authorizer" {
  name = "authorizer"
  role = aws_iam_role.authorizer.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.on_logs.authorizer
  })
}

# Write-only: the value passes through to AWS and is in no state and no plan. Only a new version is noticed.
resource "aws_ssm_parameter" "api_key" {
  count = var.claude_provider == "anthropic" ? 1 : 0

  #checkov:skip=CKV_AWS_337:Encrypted with the account's own SSM key unless kms_key_arn names one.
  name             = "/${var.name}/anthropic-api-key"
  description      = "The key for the Claude API."
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = var.anthropic_api_key
  value_wo_version = var.anthropic_api_key_version
}
