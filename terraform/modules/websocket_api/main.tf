locals {
  # `$connect` is where a client is let in or not. All else goes to the bridge, unknown actions and broken messages too,
  # which so are answered with an error that says what is wrong.
  routes = toset(["$connect", "$default", "query"])
}

resource "aws_apigatewayv2_api" "this" {
  name                       = var.name
  description                = "Claude Context Bridge"
  protocol_type              = "WEBSOCKET"
  ip_address_type            = "dualstack"
  route_selection_expression = "$request.body.action"
}

# The function runs on past API Gateway's 29 seconds and posts to the connection.
resource "aws_apigatewayv2_integration" "bridge" {
  api_id                    = aws_apigatewayv2_api.this.id
  description               = "The bridge function"
  integration_type          = "AWS_PROXY"
  integration_method        = "POST"
  integration_uri           = var.bridge_invoke_arn
  content_handling_strategy = "CONVERT_TO_TEXT"
  timeout_milliseconds      = 29000
}

# Without identity sources the function runs for every handshake, and reads the header or, for browsers, the query string.
resource "aws_apigatewayv2_authorizer" "this" {
  api_id           = aws_apigatewayv2_api.this.id
  name             = "${var.name}-authorizer"
  authorizer_type  = "REQUEST"
  authorizer_uri   = var.authorizer_invoke_arn
  identity_sources = []
}

# No route has a response: what the function returns is sent to nobody, it posts its frames itself.
resource "aws_apigatewayv2_route" "this" {
  #checkov:skip=CKV_AWS_309:API Gateway authorizes a WebSocket on $connect alone, which has the authorizer.
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.bridge.id}"
  authorization_type = each.key == "$connect" ? "CUSTOM" : "NONE"
  authorizer_id      = each.key == "$connect" ? aws_apigatewayv2_authorizer.this.id : null
}

resource "aws_apigatewayv2_stage" "this" {
  #checkov:skip=CKV2_AWS_51:Clients prove who they are with a token; client certificates are for REST APIs.
  api_id      = aws_apigatewayv2_api.this.id
  name        = var.stage
  auto_deploy = true

  # A data trace would write every message into a log.
  default_route_settings {
    data_trace_enabled       = false
    detailed_metrics_enabled = false
    logging_level            = "OFF"
    throttling_burst_limit   = var.throttling_burst
    throttling_rate_limit    = var.throttling_rate
  }

  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.access
    iterator = log_group

    content {
      destination_arn = log_group.value.arn
      # Neither message text nor query string, which may hold a token.
      format = jsonencode({
        requestId          = "$context.requestId"
        connectionId       = "$context.connectionId"
        eventType          = "$context.eventType"
        routeKey           = "$context.routeKey"
        status             = "$context.status"
        requestTime        = "$context.requestTime"
        messageId          = "$context.messageId"
        sourceIp           = "$context.identity.sourceIp"
        principalId        = "$context.authorizer.principalId"
        authorizerError    = "$context.authorizer.error"
        authorizerLatency  = "$context.authorizer.latency"
        error              = "$context.error.message"
        errorType          = "$context.error.responseType"
        integrationError   = "$context.integration.error"
        integrationStatus  = "$context.integration.status"
        integrationLatency = "$context.integrationLatency"
      })
    }
  }

  # A stage that is deployed before its routes exist would serve none of them until the next change.
  depends_on = [aws_apigatewayv2_route.this, aws_api_gateway_account.this]
}

# The API keeps its own name, which the bridge posts to.
resource "aws_apigatewayv2_domain_name" "this" {
  count = var.domain_name == null ? 0 : 1

  domain_name = var.domain_name

  domain_name_configuration {
    certificate_arn = var.certificate_arn
    endpoint_type   = "REGIONAL"
    ip_address_type = "dualstack"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "this" {
  count = var.domain_name == null ? 0 : 1

  api_id      = aws_apigatewayv2_api.this.id
  domain_name = aws_apigatewayv2_domain_name.this[0].domain_name
  stage       = aws_apigatewayv2_stage.this.id
}

resource "aws_lambda_permission" "bridge" {
  for_each = local.routes

  # The names of statements may not hold a dollar sign.
  statement_id  = "route-${trimprefix(each.key, "$")}"
  action        = "lambda:InvokeFunction"
  function_name = var.bridge_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage}/${each.key}"
}

resource "aws_lambda_permission" "authorizer" {
  statement_id  = "authorizer"
  action        = "lambda:InvokeFunction"
  function_name = var.authorizer_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/authorizers/${aws_apigatewayv2_authorizer.this.id}"
}

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_338:Kept for as long as log_retention_days says; a year of logs is the operator's choice.
  #checkov:skip=CKV_AWS_158:Encrypted by CloudWatch unless kms_key_arn names a key.
  count = var.access_log ? 1 : 0

  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# One role and one setting for all APIs of the account in this region: made only when asked for.
resource "aws_api_gateway_account" "this" {
  count = var.account_logging_role ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.account_logging[0].arn
  depends_on          = [aws_iam_role_policy_attachment.account_logging]
}

resource "aws_iam_role" "account_logging" {
  count = var.account_logging_role ? 1 : 0

  name        = "${var.name}-api-gateway-logs"
  description = "Lets API Gateway write the access logs of this account's APIs."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "apigateway.amazonaws.com" }
    }]
  })
}

# AWS's own policy, as API Gateway demands it: it checks for rights on all log groups.
resource "aws_iam_role_policy_attachment" "account_logging" {
  count = var.account_logging_role ? 1 : 0

  role       = aws_iam_role.account_logging[0].name
  policy_arn = "arn:${split(":", aws_iam_role.account_logging[0].arn)[1]}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}
