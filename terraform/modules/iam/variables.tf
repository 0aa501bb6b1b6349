variable "name" {
  type        = string
  description = "First part of the names of the roles and of the parameter."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 characters from a-z, 0-9 and -, begin with a letter and not end in -."
  }
}

variable "claude_provider" {
  type        = string
  description = "The provider of Claude: anthropic, with a key in a parameter; or bedrock or anthropic-aws, with a permission of the bridge's role."
  nullable    = false
  default     = "anthropic"

  validation {
    condition     = contains(["anthropic", "bedrock", "anthropic-aws"], var.claude_provider)
    error_message = "claude_provider must be anthropic, bedrock or anthropic-aws."
  }
}

variable "claude_workspace_id" {
  type        = string
  description = "The workspace that the bridge may ask in, with claude_provider anthropic-aws."
  default     = null

  validation {
    condition     = var.claude_workspace_id == null ? var.claude_provider != "anthropic-aws" : can(regex("^[A-Za-z0-9_-]+$", var.claude_workspace_id))
    error_message = "claude_workspace_id must be an id like wrkspc_01AbCdEf where claude_provider is anthropic-aws."
  }
}

variable "anthropic_api_key" {
  type        = string
  description = "The key for the Claude API, with claude_provider anthropic."
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = var.claude_provider != "anthropic" || can(regex("^[!-~]+$", var.anthropic_api_key))
    error_message = "anthropic_api_key must be a key without spaces or line ends where claude_provider is anthropic."
  }
}

variable "anthropic_api_key_version" {
  type        = number
  description = "A number that is raised to have a new key written."
  nullable    = false
  default     = 1

  validation {
    condition     = var.anthropic_api_key_version >= 1 && floor(var.anthropic_api_key_version) == var.anthropic_api_key_version
    error_message = "anthropic_api_key_version must be a whole number of at least 1."
  }
}

variable "sessions_table_arn" {
  type        = string
  description = "ARN of the table with heads and turns."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^*]+:dynamodb:[^*]+:table/[^*/]+$", var.sessions_table_arn))
    error_message = "sessions_table_arn must be the ARN of one table."
  }
}

variable "owner_index_arn" {
  type        = string
  description = "ARN of the index that lists an owner's sessions."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^*]+:dynamodb:[^*]+:table/[^*/]+/index/[^*/]+$", var.owner_index_arn))
    error_message = "owner_index_arn must be the ARN of one index."
  }
}

variable "hashes_table_arn" {
  type        = string
  description = "ARN of the table with claims."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^*]+:dynamodb:[^*]+:table/[^*/]+$", var.hashes_table_arn))
    error_message = "hashes_table_arn must be the ARN of one table."
  }
}

variable "stage_execution_arn" {
  type        = string
  description = "Execution ARN of the API's stage (arn:aws:execute-api:REGION:ACCOUNT:API/STAGE), to whose connections the bridge posts."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^*]+:execute-api:[^*/]+/[^*/]+$", var.stage_execution_arn))
    error_message = "stage_execution_arn must be the execution ARN of one stage of one API."
  }
}

variable "bridge_log_group_arn" {
  type        = string
  description = "ARN of the bridge function's log group."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^*]+:logs:[^*]+:log-group:[^*:]+$", var.bridge_log_group_arn))
    error_message = "bridge_log_group_arn must be the ARN of one log group, without :* at its end."
  }
}

variable "authorizer_log_group_arn" {
  type        = string
  description = "ARN of the authorizer function's log group."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^*]+:logs:[^*]+:log-group:[^*:]+$", var.authorizer_log_group_arn))
    error_message = "authorizer_log_group_arn must be the ARN of one log group, without :* at its end."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the KMS key that encrypts the parameter and the tables, which the bridge may then decrypt with; null: AWS's own keys."
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[^*]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)."
  }
}
