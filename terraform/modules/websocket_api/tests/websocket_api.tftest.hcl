mock_provider "aws" {
  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abc123" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mock" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws-cn:iam::123456789012:role/mock" }
  }
}

variables {
  name                  = "example"
  bridge_name           = "example-bridge"
  bridge_invoke_arn     = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/bridge/invocations"
  authorizer_name       = "example-authorizer"
  authorizer_invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/authorizer/invocations"
}

run "routes_lead_to_the_bridge" {
  command = apply

  assert {
    condition     = toset([for route in aws_apigatewayv2_route.this : route.route_key]) == toset(["$connect", "$default", "query"])
    error_message = "The routes are $connect, query and $default."
  }

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.this : route.target == "integrations/${aws_apigatewayv2_integration.bridge.id}"])
    error_message = "Each route leads to the bridge."
  }

  assert {
    condition     = aws_apigatewayv2_integration.bridge.integration_type == "AWS_PROXY" && aws_apigatewayv2_integration.bridge.integration_uri == var.bridge_invoke_arn && aws_apigatewayv2_integration.bridge.timeout_milliseconds == 29000
    error_message = "The bridge gets the whole event and all the time there is."
  }

  assert {
    condition     = aws_apigatewayv2_api.this.protocol_type == "WEBSOCKET" && aws_apigatewayv2_api.this.route_selection_expression == "$request.body.action"
    error_message = "It is a WebSocket API that goes by the action."
  }
}

run "nobody_connects_without_the_authorizer" {
  command = apply

  assert {
    condition     = aws_apigatewayv2_route.this["$connect"].authorization_type == "CUSTOM" && aws_apigatewayv2_route.this["$connect"].authorizer_id == aws_apigatewayv2_authorizer.this.id
    error_message = "The authorizer guards $connect."
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.this.authorizer_type == "REQUEST" && aws_apigatewayv2_authorizer.this.authorizer_uri == var.authorizer_invoke_arn && length(aws_apigatewayv2_authorizer.this.identity_sources) == 0
    error_message = "The authorizer sees every handshake, with a header or a query string or neither."
  }
}

run "only_this_api_invokes_the_functions" {
  command = apply

  assert {
    condition = toset([for permission in aws_lambda_permission.bridge : "${permission.function_name} ${permission.source_arn}"]) == toset([
      "example-bridge arn:aws:execute-api:eu-central-1:123456789012:abc123/prod/$connect",
      "example-bridge arn:aws:execute-api:eu-central-1:123456789012:abc123/prod/$default",
      "example-bridge arn:aws:execute-api:eu-central-1:123456789012:abc123/prod/query",
    ])
    error_message = "The bridge is invoked by its three routes."
  }

  assert {
    condition     = aws_lambda_permission.authorizer.source_arn == "arn:aws:execute-api:eu-central-1:123456789012:abc123/authorizers/${aws_apigatewayv2_authorizer.this.id}"
    error_message = "The authorizer is invoked as this API's authorizer."
  }
}

run "messages_are_throttled_and_never_traced" {
  command = apply

  variables {
    stage            = "live"
    throttling_rate  = 7
    throttling_burst = 9
  }

  assert {
    condition     = aws_apigatewayv2_stage.this.name == "live" && aws_apigatewayv2_stage.this.auto_deploy
    error_message = "The stage deploys by itself."
  }

  assert {
    condition     = one(aws_apigatewayv2_stage.this.default_route_settings).throttling_rate_limit == 7 && one(aws_apigatewayv2_stage.this.default_route_settings).throttling_burst_limit == 9
    error_message = "The stage has the throttling limits that were given."
  }

  assert {
    condition     = !one(aws_apigatewayv2_stage.this.default_route_settings).data_trace_enabled && one(aws_apigatewayv2_stage.this.default_route_settings).logging_level == "OFF"
    error_message = "A data trace writes messages into a log."
  }

  assert {
    condition     = output.stage_execution_arn == "arn:aws:execute-api:eu-central-1:123456789012:abc123/live"
    error_message = "The policy for posts is about this stage."
  }
}

run "nothing_is_done_to_the_account_unasked" {
  command = plan

  assert {
    condition     = length(aws_api_gateway_account.this) == 0 && length(aws_iam_role.account_logging) == 0 && length(aws_cloudwatch_log_group.access) == 0 && length(aws_apigatewayv2_stage.this.access_log_settings) == 0
    error_message = "Access log and account-wide role are off unless asked for."
  }
}

run "the_access_log_holds_neither_text_nor_token" {
  command = apply

  variables {
    access_log           = true
    account_logging_role = true
  }

  assert {
    condition     = length(regexall("(?i)query|body|header|token|input|payload", one(aws_apigatewayv2_stage.this.access_log_settings).format)) == 0
    error_message = "The access log's format names a field that may hold message text or a token."
  }

  assert {
    condition     = jsondecode(one(aws_apigatewayv2_stage.this.access_log_settings).format).principalId == "$context.authorizer.principalId"
    error_message = "The access log says who it was."
  }

  assert {
    condition     = output.access_log_group_name == "/aws/apigateway/example"
    error_message = "The access log has a group of its own."
  }

  assert {
    condition     = aws_iam_role_policy_attachment.account_logging[0].policy_arn == "arn:aws-cn:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    error_message = "AWS's own policy is named in the account's partition."
  }
}

run "unusable_values_are_refused" {
  command = plan

  variables {
    name                  = "x"
    stage                 = "a/b"
    bridge_name           = "a:b"
    bridge_invoke_arn     = "bridge"
    authorizer_name       = ""
    authorizer_invoke_arn = "authorizer"
    throttling_rate       = 0
    throttling_burst      = 5001
    log_retention_days    = 15
    kms_key_arn           = "alias/mine"
  }

  expect_failures = [
    var.name, var.stage, var.bridge_name, var.bridge_invoke_arn, var.authorizer_name, var.authorizer_invoke_arn,
    var.throttling_rate, var.throttling_burst, var.log_retention_days, var.kms_key_arn,
  ]
}

run "an_own_domain_leads_to_the_stage_over_both_ip_versions" {
  command = apply

  variables {
    domain_name     = "chat.example.com"
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/mock"
  }

  assert {
    condition     = aws_apigatewayv2_api_mapping.this[0].domain_name == "chat.example.com" && aws_apigatewayv2_api_mapping.this[0].stage == aws_apigatewayv2_stage.this.id
    error_message = "The domain leads to the stage."
  }

  assert {
    condition     = aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].ip_address_type == "dualstack" && aws_apigatewayv2_api.this.ip_address_type == "dualstack"
    error_message = "IPv4 and IPv6 both lead to the API."
  }

  assert {
    condition     = output.url == "wss://chat.example.com"
    error_message = "Clients connect to the domain."
  }
}

run "without_a_domain_there_is_none" {
  command = apply

  assert {
    condition     = length(aws_apigatewayv2_domain_name.this) == 0 && length(aws_apigatewayv2_api_mapping.this) == 0 && output.domain_target == null && output.url == output.api_url
    error_message = "A domain name exists that nobody asked for."
  }
}
