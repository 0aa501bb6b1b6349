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

output "url" {
  description = "The URL that clients connect to."
  value       = aws_apigatewayv2_stage.this.invoke_url
}

output "access_log_group_name" {
  description = "Name of the access log's group; null where there is none."
  value       = one(aws_cloudwatch_log_group.access[*].name)
}
