# kms-alarm beside an application that Terraform makes: the packaged template as a stack.
#
#   terraform init
#   terraform apply -var bucket=BUCKET -var task_role_arn=ARN -var emails=you@example.com

variable "bucket" {
  description = "The bucket to which sam package uploaded the code, in this Region"
  type        = string
}

variable "task_role_arn" {
  description = "The role whose KMS errors count; here usually aws_iam_role.task.arn"
  type        = string
}

variable "log_group_name" {
  description = "CloudTrail's log group"
  type        = string
  default     = "pattern1-logging-loggroup"
}

variable "emails" {
  description = "Who gets the mails, separated by commas"
  type        = string
}

# CloudFormation takes a template of this size from a bucket only.
resource "aws_s3_object" "template" {
  bucket = var.bucket
  key    = "kms-alarm/${filemd5("${path.module}/../../packaged.yaml")}.yaml"
  source = "${path.module}/../../packaged.yaml"
}

resource "aws_cloudformation_stack" "kms_alarm" {
  name         = "kms-alarm"
  template_url = "https://${var.bucket}.s3.${data.aws_region.here.name}.${data.aws_partition.here.dns_suffix}/${aws_s3_object.template.key}"
  # The second one because of the template's transform.
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]

  parameters = {
    TaskRoleArn  = var.task_role_arn
    LogGroupName = var.log_group_name
    Emails       = var.emails
    # For everyday use: docs/operations.md, "Settings".
    Period           = "60"
    Threshold        = "0"
    TreatMissingData = "notBreaching"
    NotifyRecovery   = "true"
  }
}

data "aws_region" "here" {}

data "aws_partition" "here" {}

# To subscribe a queue, a function or a pager.
output "topic_arn" {
  value = aws_cloudformation_stack.kms_alarm.outputs["TopicArn"]
}
