variable "name" {
  type        = string
  description = "First part of the names of alarms and dashboard."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 characters from a-z, 0-9 and -, begin with a letter and not end in -."
  }
}

variable "region" {
  type        = string
  description = "Region of the metrics."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region must be an AWS region, like eu-central-1."
  }
}

variable "metric_namespace" {
  type        = string
  description = "CloudWatch namespace of the bridge's own metrics, whose only dimension is Function."
  nullable    = false
  default     = "ClaudeContextBridge"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/#-]{1,255}$", var.metric_namespace)) && !startswith(var.metric_namespace, "AWS/")
    error_message = "metric_namespace must be 1 to 255 characters from A-Z a-z 0-9 . _ / # - and not begin with AWS/."
  }
}

variable "bridge_name" {
  type        = string
  description = "Name of the bridge function."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.bridge_name))
    error_message = "bridge_name must be the name of a function."
  }
}

variable "authorizer_name" {
  type        = string
  description = "Name of the authorizer function."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.authorizer_name))
    error_message = "authorizer_name must be the name of a function."
  }
}

variable "table_names" {
  type        = list(string)
  description = "Names of the tables."
  nullable    = false

  validation {
    condition     = length(var.table_names) >= 1 && length(var.table_names) <= 5
    error_message = "table_names must name one to five tables."
  }
}

variable "dashboard" {
  type        = bool
  description = "Whether there is a dashboard."
  nullable    = false
  default     = true
}

variable "alarms" {
  type        = bool
  description = "Whether there are alarms."
  nullable    = false
  default     = true
}

variable "upstream_errors_threshold" {
  type        = number
  description = "How many questions may fail at the Claude API within five minutes before there is an alarm."
  nullable    = false
  default     = 5

  validation {
    condition     = var.upstream_errors_threshold >= 1
    error_message = "upstream_errors_threshold must be at least 1."
  }
}

variable "first_word_threshold_seconds" {
  type        = number
  description = "How long one question in ten may wait for its first word before there is an alarm, in seconds."
  nullable    = false
  default     = 60

  validation {
    condition     = var.first_word_threshold_seconds >= 1
    error_message = "first_word_threshold_seconds must be at least 1."
  }
}

variable "alarm_email" {
  type        = string
  description = "Address that alarms are sent to, through a topic that is made for it; null: none."
  default     = null

  validation {
    condition     = var.alarm_email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email must be a mail address."
  }
}

variable "alarm_topic_arn" {
  type        = string
  description = "ARN of an SNS topic of your own that alarms are sent to; null: none."
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null ? true : can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.alarm_topic_arn))
    error_message = "alarm_topic_arn must be the ARN of an SNS topic."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the KMS key that encrypts the topic; null: not encrypted beyond SNS's own."
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)."
  }
}
