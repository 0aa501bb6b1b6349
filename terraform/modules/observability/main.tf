# Long turns count as errors of API Gateway's integration (it gives up after 29 seconds, the function does not), so nothing here
# looks at its 5xx: the metrics are the bridge's own, and what Lambda and DynamoDB say about being out of room.
locals {
  own = { namespace = var.metric_namespace, dimensions = { Function = var.bridge_name } }

  alarms = {
    internal-errors = merge(local.own, {
      metric      = "InternalErrors"
      statistic   = "Sum"
      threshold   = 1
      periods     = 1
      description = "The bridge met an error that it did not foresee, or the store did not answer. The log has the reason."
    })
    upstream-errors = merge(local.own, {
      metric      = "UpstreamErrors"
      statistic   = "Sum"
      threshold   = var.upstream_errors_threshold
      periods     = 1
      description = "Questions fail at the Claude API: key, spend limit, model, rate limit or an outage. The log has the code."
    })
    slow-first-word = merge(local.own, {
      metric      = "FirstWordLatency"
      statistic   = "p90"
      threshold   = var.first_word_threshold_seconds * 1000
      periods     = 3
      description = "One question in ten waits too long for its first word, for a quarter of an hour."
    })
    crashes = {
      namespace   = "AWS/Lambda"
      dimensions  = { FunctionName = var.bridge_name }
      metric      = "Errors"
      statistic   = "Sum"
      threshold   = 1
      periods     = 1
      description = "The bridge function could not start, ran out of memory or was stopped at its timeout."
    }
    throttles = {
      namespace   = "AWS/Lambda"
      dimensions  = { FunctionName = var.bridge_name }
      metric      = "Throttles"
      statistic   = "Sum"
      threshold   = 1
      periods     = 1
      description = "Questions were refused because the account or the function has no concurrent execution left."
    }
    authorizer-throttles = {
      namespace   = "AWS/Lambda"
      dimensions  = { FunctionName = var.authorizer_name }
      metric      = "Throttles"
      statistic   = "Sum"
      threshold   = 1
      periods     = 1
      description = "Clients could not connect because the account has no concurrent execution left."
    }
  }

  store_metrics = { for pair in setproduct(var.table_names, ["ReadThrottleEvents", "WriteThrottleEvents"]) :
    "m${index(var.table_names, pair[0])}${substr(lower(pair[1]), 0, 1)}" => { table = pair[0], metric = pair[1] }
  }

  topic_arns = concat(var.alarm_topic_arn[*], aws_sns_topic.alarms[*].arn)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = var.alarms ? local.alarms : {}

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic == "Sum" ? "Sum" : null
  extended_statistic  = each.value.statistic == "Sum" ? null : each.value.statistic
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = each.value.periods
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.topic_arns
  ok_actions          = local.topic_arns
}

resource "aws_cloudwatch_metric_alarm" "store_throttled" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.name}-store-throttled"
  alarm_description   = "DynamoDB refused reads or writes: one session or owner is asked too often, or the account's limit is reached."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.topic_arns
  ok_actions          = local.topic_arns

  metric_query {
    id          = "total"
    label       = "Throttled reads and writes"
    expression  = join(" + ", [for id in keys(local.store_metrics) : "FILL(${id}, 0)"])
    return_data = true
  }

  dynamic "metric_query" {
    for_each = local.store_metrics

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/DynamoDB"
        metric_name = metric_query.value.metric
        dimensions  = { TableName = metric_query.value.table }
        period      = 300
        stat        = "Sum"
      }
    }
  }
}

resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:CloudWatch cannot publish through AWS's own SNS key; kms_key_arn names one that allows it. Alarms hold no text.
  count = var.alarm_email == null ? 0 : 1

  name              = "${var.name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}
