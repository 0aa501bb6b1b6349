# The first two depend on the API alone, so that the function can know them before the routes know the function.
output "api_id" {
  description = "Id of the API."
  value       = aws_apigatewayv2_api.this.id
}

output "stage_execution_arn" {
  description = "Execution ARN of the stage."
  value       = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage}"
}

output "stage" {
  description = "Name of the stage."
  value       = var.stage
}

output "api_url" {
  description = "The API's own URL."
  value       = aws_apigatewayv2_stage.this.invoke_url
}

output "url" {
  description = "The URL that clients connect to: that of the domain name where there is one."
  value       = var.domain_name == null ? aws_apigatewayv2_stage.this.invoke_url : "wss://${aws_apigatewayv2_api_mapping.this[0].domain_name}"
}

output "domain_target" {
  description = "Where the DNS record of domain_name must point: name and hosted zone; null without a domain name."
  value = one([for domain in aws_apigatewayv2_domain_name.this : {
    name    = domain.domain_name_configuration[0].target_domain_name
    zone_id = domain.domain_name_configuration[0].hosted_zone_id
  }])
}

output "access_log_group_name" {
  description = "Name of the access log's group; null where there is none."
  value       = one(aws_cloudwatch_log_group.access[*].name)
}
