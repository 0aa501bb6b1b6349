mock_provider "aws" {
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/mock" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }

  mock_resource "aws_ssm_parameter" {
    defaults = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/mock" }
  }

  mock_resource "aws_lambda_function" {
    defaults = {
      arn        = "arn:aws:lambda:eu-central-1:123456789012:function:mock"
      invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/mock/invocations"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mock" }
  }

  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      id            = "abc123"
      execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abc123"
    }
  }

  mock_resource "aws_apigatewayv2_stage" {
    defaults = { invoke_url = "wss://abc123.execute-api.eu-central-1.amazonaws.com/prod" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mock" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
}

variables {
  anthropic_api_key = "sk-ant-not-a-real-key"
  client_tokens     = []
}

run "the_originals_names_by_default" {
  command = apply

  assert {
    condition     = output.sessions_table == "claude-context-sessions" && output.hashes_table == "claude-context-hashes"
    error_message = "The tables have other names than the original's."
  }

  assert {
    condition     = output.url == "wss://abc123.execute-api.eu-central-1.amazonaws.com/prod" && output.region == "eu-central-1"
    error_message = "The outputs say where the bridge is."
  }
}

run "a_second_stack_shares_no_name" {
  command = apply

  variables {
    name        = "second"
    access_log  = true
    alarm_email = "someone@example.org"
  }

  assert {
    condition = alltrue([for name in concat(
      [output.sessions_table, output.hashes_table, output.bridge_function, output.authorizer_function, output.dashboard],
      [for path in [output.bridge_log_group, output.authorizer_log_group, output.access_log_group] : basename(path)],
      [trimprefix(output.api_key_parameter, "/")],
      output.alarms,
    ) : startswith(name, "second")])
    error_message = "Something has a name that another stack could have too."
  }
}

run "settings_that_are_not_given_are_left_to_the_bridge" {
  command = apply

  assert {
    condition = module.function.bridge_environment == tomap({
      CONTEXT_TABLE               = "claude-context-sessions"
      HASH_TABLE                  = "claude-context-hashes"
      ANTHROPIC_API_KEY_PARAMETER = "/claude-context/anthropic-api-key"
      API_ID                      = "abc123"
      STAGE                       = "prod"
      LOG_LEVEL                   = "INFO"
    })
    error_message = "The bridge's environment has more or less than what it needs to find its parts."
  }
}

run "through_aws_no_key_is_written_and_none_is_looked_for" {
  command = apply

  variables {
    claude_provider     = "anthropic-aws"
    claude_workspace_id = "wrkspc_01AbCdEf"
  }

  assert {
    condition = module.function.bridge_environment == tomap({
      CLAUDE_PROVIDER     = "anthropic-aws"
      CLAUDE_WORKSPACE_ID = "wrkspc_01AbCdEf"
      CONTEXT_TABLE       = "claude-context-sessions"
      HASH_TABLE          = "claude-context-hashes"
      API_ID              = "abc123"
      STAGE               = "prod"
      LOG_LEVEL           = "INFO"
    })
    error_message = "The bridge's environment has more or less than what it needs to ask Claude through AWS."
  }

  assert {
    condition     = output.api_key_parameter == null
    error_message = "There is a parameter for a key that is not needed."
  }
}

run "through_aws_no_key_needs_to_be_given" {
  command = plan

  variables {
    claude_provider   = "bedrock"
    anthropic_api_key = null
  }
}

run "without_a_key_the_api_itself_is_refused" {
  command = plan

  variables {
    anthropic_api_key = null
  }

  expect_failures = [var.anthropic_api_key]
}

run "a_key_is_one_word" {
  command = plan

  variables {
    claude_provider   = "anthropic"
    anthropic_api_key = "two words"
  }

  expect_failures = [var.anthropic_api_key]
}

run "a_key_in_quotes_is_refused" {
  command = plan

  variables {
    claude_provider   = "anthropic"
    anthropic_api_key = "'sk-ant-key'"
  }

  expect_failures = [var.anthropic_api_key]
}

run "a_base_url_that_was_not_filled_in_is_refused" {
  command = plan

  variables {
    anthropic_base_url = "https://<your gateway>"
  }

  expect_failures = [var.anthropic_base_url]
}

run "bedrock_has_no_workspaces" {
  command = plan

  variables {
    claude_provider     = "bedrock"
    claude_workspace_id = "wrkspc_01AbCdEf"
  }

  expect_failures = [var.claude_workspace_id]
}

run "the_platform_on_aws_needs_a_workspace" {
  command = plan

  variables {
    claude_provider = "anthropic-aws"
  }

  expect_failures = [var.claude_workspace_id]
}

run "a_model_of_another_provider_is_warned_of" {
  command = plan

  variables {
    claude_provider = "bedrock"
    summary_model   = "claude-haiku-5-5"
  }

  expect_failures = [check.model_ids]
}

run "bedrocks_own_models_are_fine" {
  command = plan

  variables {
    claude_provider = "bedrock"
    claude_model    = "anthropic.claude-opus-5-5"
  }
}

run "settings_that_are_given_reach_the_bridge" {
  command = apply

  variables {
    claude_provider    = "anthropic"
    anthropic_base_url = "http://127.0.0.1:8080/claude"
    claude_model       = "claude-opus-5-5"
    claude_effort      = "low"
    max_tokens         = 1000
    system_prompt      = "Answer in one line."
    summary_model      = "claude-haiku-4-5"
    context_limit      = 0
    recall_read_kb     = 64
    prompt_cache       = "1h"
    max_message_chars  = 5000
    session_ttl_hours  = 0.5
    lease_seconds      = 3
    daily_token_budget = 500000
    daily_budget_usd   = 2.5
    claude_prices      = { mine = { input = 0.25, output = 1 } }
  }

  assert {
    condition = { for name, value in module.function.bridge_environment : name => value if !contains(["CONTEXT_TABLE", "HASH_TABLE", "ANTHROPIC_API_KEY_PARAMETER", "API_ID", "STAGE", "LOG_LEVEL"], name) } == {
      CLAUDE_PROVIDER    = "anthropic"
      ANTHROPIC_BASE_URL = "http://127.0.0.1:8080/claude"
      CLAUDE_MODEL       = "claude-opus-5-5"
      CLAUDE_EFFORT      = "low"
      MAX_TOKENS         = "1000"
      SYSTEM_PROMPT      = "Answer in one line."
      SUMMARY_MODEL      = "claude-haiku-4-5"
      CONTEXT_LIMIT      = "0"
      RECALL_READ_KB     = "64"
      PROMPT_CACHE       = "1h"
      MAX_MESSAGE_CHARS  = "5000"
      SESSION_TTL_HOURS  = "0.5"
      LEASE_SECONDS      = "3"
      DAILY_TOKEN_BUDGET = "500000"
      DAILY_BUDGET_USD   = "2.5"
      CLAUDE_PRICES      = "{\"mine\":{\"input\":0.25,\"output\":1}}"
    }
    error_message = "A setting does not reach the bridge as it was given."
  }
}

run "tokens_reach_the_authorizer_as_hashes" {
  command = apply

  variables {
    client_tokens = [{ owner = "someone", sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", expires = 1800000000 }]
  }

  assert {
    condition     = jsondecode(module.function.authorizer_environment.CLIENT_TOKENS) == [{ owner = "someone", sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", expires = 1800000000 }]
    error_message = "The authorizer has other tokens than were given."
  }
}

run "a_token_that_never_expires_may_say_so_or_not" {
  command = apply

  variables {
    client_tokens = [{ owner = "one", sha256 = sha256("one") }, { owner = "two", sha256 = sha256("two"), expires = null }]
  }

  assert {
    condition     = [for token in jsondecode(module.function.authorizer_environment.CLIENT_TOKENS) : token.expires] == [null, null]
    error_message = "A token without an expiry expires."
  }
}

run "too_many_tokens_say_so" {
  command = plan

  variables {
    client_tokens = [for number in range(40) : { owner = "owner-${number}", sha256 = sha256("token-${number}") }]
  }

  expect_failures = [var.client_tokens]
}

run "tokens_that_are_no_hashes_are_refused" {
  command = plan

  variables {
    client_tokens = [{ owner = "someone", sha256 = "ccb_the-token-itself" }]
  }

  expect_failures = [var.client_tokens]
}

run "an_expiry_in_milliseconds_is_refused" {
  command = plan

  variables {
    client_tokens = [{ owner = "one", sha256 = sha256("one"), expires = 1800000000000 }]
  }

  expect_failures = [var.client_tokens]
}

run "an_expiry_before_the_epoch_is_refused" {
  command = plan

  variables {
    client_tokens = [{ owner = "one", sha256 = sha256("one"), expires = -1 }]
  }

  expect_failures = [var.client_tokens]
}

run "an_expiry_that_is_a_duration_is_refused" {
  command = plan

  variables {
    client_tokens = [{ owner = "one", sha256 = sha256("one"), expires = 7776000 }]
  }

  expect_failures = [var.client_tokens]
}

run "an_expiry_that_is_a_date_is_refused" {
  command = plan

  variables {
    client_tokens = [{ owner = "one", sha256 = sha256("one"), expires = "2027-01-01" }]
  }

  expect_failures = [var.client_tokens]
}

run "a_misspelt_expiry_is_refused" {
  command = plan

  variables {
    client_tokens = [{ owner = "one", sha256 = sha256("one"), expire = 1800000000 }]
  }

  expect_failures = [var.client_tokens]
}

run "a_token_of_two_owners_is_refused" {
  command = plan

  variables {
    client_tokens = [{ owner = "one", sha256 = sha256("one") }, { owner = "two", sha256 = sha256("one") }]
  }

  expect_failures = [var.client_tokens]
}

run "the_hash_of_nothing_is_refused" {
  command = plan

  variables {
    client_tokens = [{ owner = "one", sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }]
  }

  expect_failures = [var.client_tokens]
}

run "a_token_of_nobody_is_refused" {
  command = plan

  variables {
    client_tokens = [{ sha256 = sha256("one") }]
  }

  expect_failures = [var.client_tokens]
}

run "a_tag_that_iam_takes_for_application_is_refused" {
  command = plan

  variables {
    tags = { application = "mine" }
  }

  expect_failures = [var.tags]
}

run "two_tags_that_differ_in_case_is_refused" {
  command = plan

  variables {
    tags = { team = "a", Team = "b" }
  }

  expect_failures = [var.tags]
}

run "a_tag_with_other_signs_is_refused" {
  command = plan

  variables {
    tags = { owner = "R&D <team>" }
  }

  expect_failures = [var.tags]
}

run "a_tag_name_that_is_too_long_is_refused" {
  command = plan

  variables {
    tags = { (join("", [for number in range(129) : "x"])) = "" }
  }

  expect_failures = [var.tags]
}

run "too_many_tags_is_refused" {
  command = plan

  variables {
    tags = { for number in range(49) : "tag-${number}" => "x" }
  }

  expect_failures = [var.tags]
}

run "tags_in_any_script_are_fine" {
  command = plan

  variables {
    tags = { Application = "mine", "Kostenstelle Köln" = "a.b:c/d=e+f-g@h_1 端" }
  }
}

run "a_name_that_aws_keeps_for_itself_is_refused" {
  command = plan

  variables {
    name = "aws-bridge"
  }

  expect_failures = [var.name]
}

run "settings_that_do_not_fit_together_into_an_environment_are_refused_before_anything_is_made" {
  command   = plan
  state_key = "nothing_is_made"

  variables {
    system_prompt = join("", [for number in range(1000) : "xxx"])
    claude_model  = join("", [for number in range(900) : "x"])
  }

  expect_failures = [output.url]
}

run "an_own_domain_is_the_url_of_clients" {
  command = apply

  variables {
    domain_name     = "chat.example.com"
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/mock"
  }

  assert {
    condition     = output.url == "wss://chat.example.com" && output.api_url == "wss://abc123.execute-api.eu-central-1.amazonaws.com/prod"
    error_message = "Clients connect to the domain, and the API keeps its own URL."
  }

  assert {
    condition     = output.domain_target != null
    error_message = "Where the DNS record must point is not said."
  }
}

run "a_domain_without_a_certificate_is_refused" {
  command = plan

  variables {
    domain_name = "chat.example.com"
  }

  expect_failures = [var.domain_name]
}

run "a_url_is_no_domain_name" {
  command = plan

  variables {
    domain_name     = "wss://chat.example.com"
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/mock"
  }

  expect_failures = [var.domain_name]
}

run "a_certificate_is_named_by_its_arn" {
  command = plan

  variables {
    domain_name     = "chat.example.com"
    certificate_arn = "mine"
  }

  expect_failures = [var.certificate_arn]
}

run "what_lies_in_another_region_is_refused" {
  command = plan

  variables {
    alarm_topic_arn = "arn:aws:sns:us-east-1:123456789012:mine"
  }

  expect_failures = [output.url]
}

run "the_owner_of_the_laptop_is_nobody_here" {
  command = plan

  variables {
    client_tokens = [{ owner = "default", sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" }]
  }

  expect_failures = [var.client_tokens]
}

run "a_missing_package_names_make_build" {
  command = plan

  variables {
    package = "../build/none.zip"
  }

  expect_failures = [var.package]
}

run "an_unknown_provider_is_refused" {
  command = plan

  variables {
    claude_provider = "vertex"
  }

  expect_failures = [var.claude_provider]
}

run "a_workspace_is_an_id" {
  command = plan

  variables {
    claude_provider     = "anthropic-aws"
    claude_workspace_id = "a workspace"
  }

  expect_failures = [var.claude_workspace_id]
}

run "unusable_values_are_refused" {
  command = plan

  variables {
    name                         = "Not a name"
    region                       = "Frankfurt"
    stage                        = "a/b"
    tags                         = { "aws:mine" = "x" }
    anthropic_api_key            = ""
    anthropic_api_key_version    = 0
    anthropic_base_url           = "api.anthropic.com"
    claude_model                 = "a model"
    claude_effort                = "highest"
    max_tokens                   = 0
    system_prompt                = join("", [for number in range(1001) : "xxx"])
    summary_model                = "a model"
    context_limit                = -1
    recall_read_kb               = 0.5
    prompt_cache                 = "1d"
    max_message_chars            = 0.5
    session_ttl_hours            = 0.0001
    lease_seconds                = 2
    daily_token_budget           = -1
    claude_models                = "a, b"
    client_system                = "prepend"
    keep_hours_max               = 0.0001
    daily_import_mb              = 0.5
    recall_scope                 = "everything"
    daily_budget_usd             = 0.005
    claude_prices                = { mine = { input = 1, output = 2, cash_read = 3 } }
    memory_mb                    = 512.5
    timeout_seconds              = 30
    reserved_concurrency         = 0
    throttling_rate              = 0
    throttling_burst             = 0
    kms_key_arn                  = "alias/mine"
    log_level                    = "LOUD"
    log_retention_days           = 2
    upstream_errors_threshold    = 0
    first_word_threshold_seconds = 0
    alarm_email                  = "nobody"
    alarm_topic_arn              = "nothing"
  }

  expect_failures = [
    var.name, var.region, var.stage, var.tags, var.anthropic_api_key, var.anthropic_api_key_version, var.anthropic_base_url, var.claude_model,
    var.claude_effort, var.max_tokens, var.system_prompt, var.context_limit, var.max_message_chars, var.session_ttl_hours, var.lease_seconds,
    var.summary_model, var.recall_read_kb, var.prompt_cache, var.daily_token_budget, var.claude_models, var.client_system, var.keep_hours_max,
    var.daily_import_mb, var.recall_scope, var.daily_budget_usd, var.claude_prices,
    var.memory_mb, var.timeout_seconds, var.reserved_concurrency, var.throttling_rate, var.throttling_burst, var.kms_key_arn, var.log_level,
    var.log_retention_days, var.upstream_errors_threshold, var.first_word_threshold_seconds, var.alarm_email, var.alarm_topic_arn,
  ]
}

run "values_above_the_bridges_bounds_are_refused" {
  command = plan

  variables {
    anthropic_base_url = "https://user:secret@example.com?key=x"
    max_tokens         = 1000000000
    context_limit      = 1000000000
    recall_read_kb     = 1000000000
    max_message_chars  = 1000000000
    session_ttl_hours  = 1000001
    lease_seconds      = 901
    daily_token_budget = 1000000000
    keep_hours_max     = 1000001
    daily_import_mb    = 1000000000
    daily_budget_usd   = 1000001
    claude_prices      = { mine = { input = 1 } }
  }

  expect_failures = [
    var.anthropic_base_url, var.max_tokens, var.context_limit, var.recall_read_kb, var.max_message_chars, var.session_ttl_hours,
    var.lease_seconds, var.daily_token_budget, var.keep_hours_max, var.daily_import_mb, var.daily_budget_usd, var.claude_prices,
  ]
}
