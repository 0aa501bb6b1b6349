variable "name" {
  type        = string
  description = "Name of the API."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 characters from a-z, 0-9 and -, begin with a letter and not end in -."
  }
}

variable "stage" {
  type        = string
  description = "Name of the stage, the last part of the API's URL."
  nullable    = false
  default     = "prod"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.stage))
    error_message = "stage must be 1 to 64 characters from A-Z, a-z, 0-9, _ and -."
  }
}

variable "domain_name" {
  type        = string
  description = "A domain name of your own for the API; null: API Gateway's name alone."
  default     = null

  validation {
    condition     = var.domain_name == null ? true : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]{2,63}$", var.domain_name))
    error_message = "domain_name must be a name in small letters like chat.example.com."
  }

  validation {
    condition     = (var.domain_name == null) == (var.certificate_arn == null)
    error_message = "domain_name and certificate_arn go together: set both, or neither."
  }
}

variable "certificate_arn" {
  type        = string
  description = "ARN of the certificate for domain_name, in the API's region."
  default     = null

  validation {
    condition     = var.certificate_arn == null ? true : can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/[^*]+$", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of a certificate (arn:aws:acm:REGION:ACCOUNT:certificate/ID)."
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

variable "bridge_invoke_arn" {
  type        = string
  description = "ARN by which API Gateway invokes the bridge function."
  nullable    = false

  validation {
    condition     = can(regex("^arn:.+:apigateway:.+:lambda:path/.+/invocations$", var.bridge_invoke_arn))
    error_message = "bridge_invoke_arn must be the invoke ARN of a function."
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

variable "authorizer_invoke_arn" {
  type        = string
  description = "ARN by which API Gateway invokes the authorizer function."
  nullable    = false

  validation {
    condition     = can(regex("^arn:.+:apigateway:.+:lambda:path/.+/invocations$", var.authorizer_invoke_arn))
    error_message = "authorizer_invoke_arn must be the invoke ARN of a function."
  }
}

variable "throttling_rate" {
  type        = number
  description = "The most messages and new connections a second, of all clients together."
  nullable    = false
  default     = 100

  validation {
    condition     = var.throttling_rate >= 1 && var.throttling_rate <= 10000
    error_message = "throttling_rate must be between 1 and 10000 (the account's limit, unless it was raised)."
  }
}

variable "throttling_burst" {
  type        = number
  description = "How many of them may come at once beyond the rate: all clients come back together when their network does."
  nullable    = false
  default     = 2000

  validation {
    condition     = var.throttling_burst >= 1 && var.throttling_burst <= 5000
    error_message = "throttling_burst must be between 1 and 5000 (the account's limit, unless it was raised)."
  }
}

variable "access_log" {
  type        = bool
  description = "Whether connections and messages are logged (not their text). The account needs a role for this: see account_logging_role."
  nullable    = false
  default     = false
}

variable "account_logging_role" {
  type        = bool
  description = "Whether to make the role that API Gateway writes access logs with, and set it for the whole account in this region."
  nullable    = false
  default     = false
}

variable "log_retention_days" {
  type        = number
  description = "How long the access log is kept, in days."
  nullable    = false
  default     = 14

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096 and so on."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the KMS key that encrypts the access log; null: AWS's own."
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)."
  }
}
