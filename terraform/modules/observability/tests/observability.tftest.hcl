mock_provider "aws" {
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:example-alarms" }
  }
}

variables {
  name            = "example"
  region          = "eu-central-1"
  bridge_name     = "example-bridge"
  authorizer_name = "example-authorizer"
  table_names     = ["example-sessions", "example-hashes"]
}

run "alarms_watch_the_functions_own_metrics" {
  command = apply

  assert {
    condition = output.alarm_names == tolist([
      "example-authorizer-throttles", "example-crashes", "example-internal-errors", "example-slow-first-word",
      "example-store-throttled", "example-throttles", "example-upstream-errors",
    ])
    error_message = "There are other alarms than docs/operations.md lists."
  }

  assert {
    condition     = alltrue([for name in ["internal-errors", "upstream-errors", "slow-first-word"] : aws_cloudwatch_metric_alarm.this[name].namespace == "ClaudeContextBridge" && aws_cloudwatch_metric_alarm.this[name].dimensions == tomap({ Function = "example-bridge" })])
    error_message = "The bridge's own metrics have the function as their only dimension."
  }

  assert {
    condition     = length([for alarm in aws_cloudwatch_metric_alarm.this : alarm if alarm.namespace == "AWS/ApiGateway"]) == 0
    error_message = "Long turns are errors of API Gateway's integration: an alarm on those would never be quiet."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.treat_missing_data == "notBreaching"])
    error_message = "Silence does not raise an alarm: nobody has asked anything."
  }

  assert {
    condition     = toset([for query in aws_cloudwatch_metric_alarm.store_throttled[0].metric_query : query.metric[0].dimensions.TableName if length(query.metric) == 1]) == toset(var.table_names)
    error_message = "Both tables are watched."
  }
}

run "thresholds_can_be_set" {
  command = apply

  variables {
    upstream_errors_threshold    = 2
    first_word_threshold_seconds = 5
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["upstream-errors"].threshold == 2 && aws_cloudwatch_metric_alarm.this["slow-first-word"].threshold == 5000
    error_message = "The thresholds are other than asked for (latency is in milliseconds)."
  }
}

run "the_dashboard_draws_every_metric_of_the_bridge" {
  command = apply

  assert {
    condition = toset([for metric in flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : [for line in widget.properties.metrics : line[1] if try(line[0] == "ClaudeContextBridge", false)]]) : metric]) == toset([
      "TurnLatency", "FirstWordLatency", "InputTokens", "OutputTokens", "CacheReadTokens",
      "MemoryCostUsd", "Retries", "Duplicates", "UpstreamErrors", "Truncations", "InternalErrors",
    ])
    error_message = "The dashboard leaves a metric out or has one that the bridge does not write."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, "{ClaudeContextBridge,Function,Model} MetricName=\\\"CostUsd\\\" Function=\\\"${var.bridge_name}\\\"")
    error_message = "The dashboard draws what each model costs."
  }

  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : widget.properties.region == "eu-central-1"])
    error_message = "The dashboard looks at the stack's region."
  }
}

run "alarms_and_dashboard_can_be_turned_off" {
  command = apply

  variables {
    alarms    = false
    dashboard = false
  }

  assert {
    condition     = length(output.alarm_names) == 0 && output.dashboard_name == null && output.alarm_topic_arn == null
    error_message = "Something is left."
  }
}

run "alarms_reach_people" {
  command = apply

  variables {
    alarm_email     = "someone@example.org"
    alarm_topic_arn = "arn:aws:sns:eu-central-1:123456789012:mine"
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), aws_cloudwatch_metric_alarm.store_throttled) : alarm.alarm_actions == toset([var.alarm_topic_arn, aws_sns_topic.alarms[0].arn]) && alarm.ok_actions == alarm.alarm_actions])
    error_message = "An alarm does not reach both topics."
  }

  assert {
    condition     = aws_sns_topic_subscription.email[0].endpoint == "someone@example.org" && aws_sns_topic_subscription.email[0].protocol == "email"
    error_message = "The address is not subscribed."
  }
}

run "unusable_values_are_refused" {
  command = plan

  variables {
    name                         = "UPPER"
    region                       = "Frankfurt"
    metric_namespace             = "AWS/Lambda"
    bridge_name                  = ""
    authorizer_name              = ""
    table_names                  = []
    upstream_errors_threshold    = 0
    first_word_threshold_seconds = 0
    alarm_email                  = "nobody"
    alarm_topic_arn              = "nothing"
    kms_key_arn                  = "alias/mine"
  }

  expect_failures = [
    var.name, var.region, var.metric_namespace, var.bridge_name, var.authorizer_name, var.table_names, var.upstream_errors_threshold,
    var.first_word_threshold_seconds, var.alarm_email, var.alarm_topic_arn, var.kms_key_arn,
  ]
}
