output "dashboard_name" {
  description = "Name of the dashboard; null where there is none."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}

output "alarm_names" {
  description = "Names of the alarms."
  value       = sort(concat([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name], aws_cloudwatch_metric_alarm.store_throttled[*].alarm_name))
}

output "alarm_topic_arn" {
  description = "ARN of the topic that was made for alarm_email; null where there is none."
  value       = one(aws_sns_topic.alarms[*].arn)
}
