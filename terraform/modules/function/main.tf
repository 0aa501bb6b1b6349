# Two functions out of one package: the bridge, which answers, and the authorizer, which says who may connect.
locals {
  functions = {
    bridge = {
      handler     = "bridge.handler.handler"
      description = "Claude Context Bridge: answers questions and keeps conversations."
      role        = var.bridge_role_arn
      memory      = var.bridge_memory_mb
      timeout     = var.bridge_timeout_seconds
      concurrency = var.bridge_reserved_concurrency
      environment = var.bridge_environment
      # The bridge's metrics are lines without a level, which Lambda takes for INFO: it filters by LOG_LEVEL itself.
      log_level = var.log_level == "DEBUG" ? "DEBUG" : "INFO"
    }
    authorizer = {
      handler     = "bridge.authorizer.handler"
      description = "Claude Context Bridge: who may connect."
      role        = var.authorizer_role_arn
      memory      = 256
      timeout     = 10
      concurrency = null
      environment = var.authorizer_environment
      log_level   = var.log_level
    }
  }
}

# Made before the functions, which may not make one themselves: a group that Lambda makes keeps its lines forever. Named here
# and not by local.functions, which knows the roles: those come after the groups that they may write to.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:Kept for as long as log_retention_days says; a year of logs is the operator's choice.
  #checkov:skip=CKV_AWS_158:Encrypted by CloudWatch unless kms_key_arn names a key.
  for_each = toset(["bridge", "authorizer"])

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_117:It calls public APIs and DynamoDB; a VPC would add a NAT gateway with an hourly price.
  #checkov:skip=CKV_AWS_272:Code signing needs a signing profile of the operator's own; the package is reproducible instead.
  #checkov:skip=CKV_AWS_116:API Gateway invokes it synchronously, which no dead letter queue plays a part in.
  #checkov:skip=CKV_AWS_50:Latencies are measured by the function's own metrics; traces would cost per request.
  #checkov:skip=CKV_AWS_115:New accounts have 10 concurrent executions in all, none of which can be reserved; reserved_concurrency sets it.
  #checkov:skip=CKV_AWS_173:The environment holds no secret; it is encrypted by Lambda unless kms_key_arn names a key.
  for_each = local.functions

  function_name                  = "${var.name}-${each.key}"
  description                    = each.value.description
  role                           = each.value.role
  handler                        = each.value.handler
  runtime                        = "python3.13"
  architectures                  = ["arm64"]
  memory_size                    = each.value.memory
  timeout                        = each.value.timeout
  reserved_concurrent_executions = coalesce(each.value.concurrency, -1)
  filename                       = var.package
  # Of the sources, not of the zip: where Python 3.13 runs the zip has bytecode as well, and is not a new version for that.
  source_code_hash = var.package_hash
  kms_key_arn      = var.kms_key_arn

  environment {
    variables = each.value.environment
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = each.value.log_level
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.this[each.key].name
  }
}
