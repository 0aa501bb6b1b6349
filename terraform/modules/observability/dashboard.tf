locals {
  own_metric = { for name in [
    "TurnLatency", "FirstWordLatency", "InputTokens", "OutputTokens", "CacheReadTokens",
    "MemoryCostUsd", "Retries", "Duplicates", "UpstreamErrors", "Truncations", "InternalErrors",
  ] : name => [var.metric_namespace, name, "Function", var.bridge_name] }

  graphs = [
    { title = "Questions answered", statistic = "SampleCount", metrics = [local.own_metric.TurnLatency] },
    { title = "Milliseconds to the first word (median, p90)", statistic = "p50", metrics = [
      local.own_metric.FirstWordLatency,
      concat(local.own_metric.FirstWordLatency, [{ stat = "p90" }]),
    ] },
    { title = "Milliseconds for a whole turn (median, p90)", statistic = "p50", metrics = [
      local.own_metric.TurnLatency,
      concat(local.own_metric.TurnLatency, [{ stat = "p90" }]),
    ] },
    { title = "Tokens", statistic = "Sum", metrics = [
      local.own_metric.InputTokens, local.own_metric.CacheReadTokens, local.own_metric.OutputTokens,
    ] },
    { title = "US dollars, by model and for memory", statistic = "Sum", metrics = [
      [{ expression = "SEARCH('{${var.metric_namespace},Function,Model} MetricName=\"CostUsd\" Function=\"${var.bridge_name}\"', 'Sum')", label = "" }],
      local.own_metric.MemoryCostUsd,
    ] },
    { title = "Errors", statistic = "Sum", metrics = [
      local.own_metric.InternalErrors, local.own_metric.UpstreamErrors, ["AWS/Lambda", "Errors", "FunctionName", var.bridge_name],
    ] },
    { title = "Retries, duplicates, truncated answers", statistic = "Sum", metrics = [
      local.own_metric.Retries, local.own_metric.Duplicates, local.own_metric.Truncations,
    ] },
    { title = "Concurrent executions", statistic = "Maximum", metrics = [
      ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", var.bridge_name],
      ["AWS/Lambda", "Throttles", "FunctionName", var.bridge_name, { stat = "Sum" }],
    ] },
    { title = "Capacity units used", statistic = "Sum", metrics = [
      for pair in setproduct(var.table_names, ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"]) :
      ["AWS/DynamoDB", pair[1], "TableName", pair[0]]
    ] },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [for number, graph in local.graphs : {
      type   = "metric"
      x      = number % 2 * 12
      y      = floor(number / 2) * 6
      width  = 12
      height = 6
      properties = {
        title   = graph.title
        region  = var.region
        view    = "timeSeries"
        period  = 300
        stat    = graph.statistic
        metrics = graph.metrics
      }
    }]
  })
}
