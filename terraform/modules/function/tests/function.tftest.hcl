mock_provider "aws" {
  mock_resource "aws_lambda_function" {
    defaults = {
      arn        = "arn:aws:lambda:eu-central-1:123456789012:function:mock"
      invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/mock/invocations"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mock" }
  }
}

variables {
  name                   = "example"
  package                = "tests/function.tftest.hcl" # Any file: only the provider would read it.
  package_hash           = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
  bridge_role_arn        = "arn:aws:iam::123456789012:role/example-bridge"
  authorizer_role_arn    = "arn:aws:iam::123456789012:role/example-authorizer"
  bridge_environment     = { CONTEXT_TABLE = "example-sessions" }
  authorizer_environment = { CLIENT_TOKENS = "[]" }
}

run "two_functions_from_one_package" {
  command = apply

  assert {
    condition     = { for name, function in aws_lambda_function.this : function.function_name => function.handler } == { example-bridge = "bridge.handler.handler", example-authorizer = "bridge.authorizer.handler" }
    error_message = "The functions have other names or handlers."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.runtime == "python3.13" && function.architectures == tolist(["arm64"]) && function.filename == var.package && function.source_code_hash == var.package_hash])
    error_message = "Both run the package on python3.13, arm64, and are updated when its sources change."
  }

  assert {
    condition     = aws_lambda_function.this["bridge"].role == var.bridge_role_arn && aws_lambda_function.this["authorizer"].role == var.authorizer_role_arn
    error_message = "Each function has its own role."
  }

  assert {
    condition     = aws_lambda_function.this["bridge"].timeout == 600 && aws_lambda_function.this["bridge"].memory_size == 512
    error_message = "The bridge has 600 seconds and 512 MB."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.reserved_concurrent_executions == -1])
    error_message = "Nothing is reserved unless asked for: a new account cannot."
  }
}

run "each_function_has_its_environment_alone" {
  command = apply

  assert {
    condition     = aws_lambda_function.this["bridge"].environment[0].variables == tomap(var.bridge_environment) && aws_lambda_function.this["authorizer"].environment[0].variables == tomap(var.authorizer_environment)
    error_message = "A function has another environment than it was given."
  }
}

run "logs_are_json_and_do_not_stay_for_ever" {
  command = apply

  variables {
    log_level          = "DEBUG"
    log_retention_days = 30
  }

  assert {
    condition     = alltrue([for name, function in aws_lambda_function.this : one(function.logging_config).log_format == "JSON" && one(function.logging_config).application_log_level == "DEBUG" && one(function.logging_config).log_group == "/aws/lambda/example-${name}"])
    error_message = "Each function logs JSON into its own group."
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 30])
    error_message = "The groups keep their lines for log_retention_days."
  }
}

run "concurrency_can_be_reserved" {
  command = apply

  variables {
    bridge_reserved_concurrency = 5
  }

  assert {
    condition     = aws_lambda_function.this["bridge"].reserved_concurrent_executions == 5 && aws_lambda_function.this["authorizer"].reserved_concurrent_executions == -1
    error_message = "Only the bridge's concurrency is reserved."
  }
}

run "a_missing_package_names_make_build" {
  command = plan

  variables {
    package = "build/none.zip"
  }

  expect_failures = [var.package]
}

run "the_key_is_refused_in_the_environment" {
  command = plan

  variables {
    bridge_environment = { ANTHROPIC_API_KEY = "sk-ant-not-a-real-key" }
  }

  expect_failures = [var.bridge_environment]
}

run "environments_beyond_4_kilobytes_are_refused" {
  command = plan

  variables {
    bridge_environment     = { SYSTEM_PROMPT = join("", [for number in range(1000) : "ü---"]) }
    authorizer_environment = { CLIENT_TOKENS = join("", [for number in range(1000) : "-----"]) }
  }

  expect_failures = [var.bridge_environment, var.authorizer_environment]
}

run "unusable_values_are_refused" {
  command = plan

  variables {
    name                        = "example-"
    package_hash                = "none"
    bridge_role_arn             = "bridge"
    authorizer_role_arn         = "authorizer"
    bridge_memory_mb            = 100
    bridge_timeout_seconds      = 901
    bridge_reserved_concurrency = 0
    log_level                   = "LOUD"
    log_retention_days          = 2
    kms_key_arn                 = "alias/mine"
  }

  expect_failures = [
    var.name, var.package_hash, var.bridge_role_arn, var.authorizer_role_arn, var.bridge_memory_mb, var.bridge_timeout_seconds,
    var.bridge_reserved_concurrency, var.log_level, var.log_retention_days, var.kms_key_arn,
  ]
}

run "metrics_leave_the_function_whatever_the_log_level" {
  command = apply

  variables {
    log_level = "ERROR"
  }

  assert {
    condition     = one(aws_lambda_function.this["bridge"].logging_config).application_log_level == "INFO"
    error_message = "Lambda drops the metrics of the bridge: lines without a level count as INFO."
  }

  assert {
    condition     = one(aws_lambda_function.this["authorizer"].logging_config).application_log_level == "ERROR"
    error_message = "The authorizer logs more than it should."
  }
}
