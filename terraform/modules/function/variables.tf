variable "name" {
  type        = string
  description = "First part of the functions' names."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 characters from a-z, 0-9 and -, begin with a letter and not end in -."
  }
}

variable "package" {
  type        = string
  description = "Path of the zip with the bridge."
  nullable    = false

  validation {
    condition     = fileexists(var.package)
    error_message = "There is no zip at ${var.package}. Make it with: make build"
  }
}

variable "package_hash" {
  type        = string
  description = "Hash of the sources in the package; another one has it uploaded."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]{43}=$", var.package_hash))
    error_message = "package_hash must be a SHA-256 sum in base 64. Make it with: make build"
  }
}

variable "bridge_role_arn" {
  type        = string
  description = "ARN of the bridge function's role."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/.+$", var.bridge_role_arn))
    error_message = "bridge_role_arn must be the ARN of a role."
  }
}

variable "authorizer_role_arn" {
  type        = string
  description = "ARN of the authorizer function's role."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/.+$", var.authorizer_role_arn))
    error_message = "authorizer_role_arn must be the ARN of a role."
  }
}

variable "bridge_environment" {
  type        = map(string)
  description = "Environment of the bridge function. Never a key: it can be read by whoever may see the function."
  nullable    = false

  validation {
    condition     = !contains(keys(var.bridge_environment), "ANTHROPIC_API_KEY")
    error_message = "bridge_environment must not hold ANTHROPIC_API_KEY: the bridge reads the key from an SSM parameter."
  }

  # Lambda measures the JSON of it, in bytes; base 64 has four characters for three bytes.
  validation {
    condition     = length(base64encode(jsonencode(var.bridge_environment))) <= 4 * floor(4096 / 3)
    error_message = "The settings take more than the 4 KB that Lambda has for a function's environment. Shorten system_prompt."
  }
}

variable "authorizer_environment" {
  type        = map(string)
  description = "Environment of the authorizer function."
  nullable    = false

  validation {
    condition     = length(base64encode(jsonencode(var.authorizer_environment))) <= 4 * floor(4096 / 3)
    error_message = "The client tokens take more than the 4 KB that Lambda has for a function's environment. Revoke some: make revoke OWNER=name"
  }
}

variable "bridge_memory_mb" {
  type        = number
  description = "Memory of the bridge function, in MB; its share of a CPU grows with it."
  nullable    = false
  default     = 512

  validation {
    condition     = var.bridge_memory_mb >= 128 && var.bridge_memory_mb <= 10240
    error_message = "bridge_memory_mb must be between 128 and 10240."
  }
}

variable "bridge_timeout_seconds" {
  type        = number
  description = "How long one question may take, in seconds."
  nullable    = false
  default     = 600

  validation {
    condition     = var.bridge_timeout_seconds >= 60 && var.bridge_timeout_seconds <= 900
    error_message = "bridge_timeout_seconds must be between 60 and 900 (Lambda's limit)."
  }
}

variable "bridge_reserved_concurrency" {
  type        = number
  description = "The most questions answered at once, reserved out of the account's concurrency; null: no limit but the account's."
  default     = null

  validation {
    condition     = var.bridge_reserved_concurrency == null ? true : var.bridge_reserved_concurrency >= 1
    error_message = "bridge_reserved_concurrency must be at least 1, or null."
  }
}

variable "log_level" {
  type        = string
  description = "The least level that is logged."
  nullable    = false
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARN", "ERROR"], var.log_level)
    error_message = "log_level must be DEBUG, INFO, WARN or ERROR."
  }
}

variable "log_retention_days" {
  type        = number
  description = "How long the logs are kept, in days."
  nullable    = false
  default     = 14

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096 and so on."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the KMS key that encrypts environments and logs; null: AWS's own keys."
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)."
  }
}
