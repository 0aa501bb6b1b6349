output "url" {
  description = "The URL that clients connect to."
  value       = module.websocket_api.url

  # Of the whole plan, whose one certain part is this output. It does not stand in the way of a destroy.
  precondition {
    condition     = var.package != null || local.sources_hash == null || local.sources_hash == local.package_hash
    error_message = "build/bridge.zip was not made of the sources that lie in lambda/bridge now. Make it again with: make build"
  }

  precondition {
    condition     = local.environment_size <= 4096
    error_message = "The settings take ${local.environment_size} bytes together, more than the 4,096 that Lambda has for a function's environment. Shorten system_prompt."
  }

  precondition {
    condition     = alltrue([for region in values(local.regional_arns) : region == data.aws_region.current.id])
    error_message = "The stack is in ${data.aws_region.current.id}, but not so: ${join(", ", [for name, region in local.regional_arns : "${name} (${region})" if region != data.aws_region.current.id])}."
  }
}

output "api_url" {
  description = "The API's own URL, which works besides that of domain_name."
  value       = module.websocket_api.api_url
}

output "domain_target" {
  description = "Where the DNS record of domain_name must point: name and hosted zone; null without a domain name."
  value       = module.websocket_api.domain_target
}

output "name" {
  description = "The stack's name."
  value       = var.name
}

output "region" {
  description = "The region that the stack is in."
  value       = data.aws_region.current.id
}

output "api_id" {
  description = "Id of the WebSocket API."
  value       = module.websocket_api.api_id
}

output "stage" {
  description = "Stage of the WebSocket API."
  value       = module.websocket_api.stage
}

output "sessions_table" {
  description = "Name of the table with the conversations."
  value       = module.storage.sessions_table_name
}

output "hashes_table" {
  description = "Name of the table with the claims."
  value       = module.storage.hashes_table_name
}

output "bridge_function" {
  description = "Name of the function that answers."
  value       = module.function.bridge_name
}

output "authorizer_function" {
  description = "Name of the function that says who may connect."
  value       = module.function.authorizer_name
}

output "bridge_log_group" {
  description = "Name of the log group of the function that answers."
  value       = module.function.bridge_log_group_name
}

output "authorizer_log_group" {
  description = "Name of the log group of the function that says who may connect."
  value       = module.function.authorizer_log_group_name
}

output "access_log_group" {
  description = "Name of the access log's group; null where access_log is off."
  value       = module.websocket_api.access_log_group_name
}

output "api_key_parameter" {
  description = "Name of the SSM parameter with the key for the Claude API; null where claude_provider is a provider on AWS."
  value       = module.iam.api_key_parameter_name
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard; null where it is off."
  value       = module.observability.dashboard_name
}

output "alarms" {
  description = "Names of the CloudWatch alarms."
  value       = module.observability.alarm_names
}

output "alarm_topic" {
  description = "ARN of the topic that was made for alarm_email; null where there is none."
  value       = module.observability.alarm_topic_arn
}
