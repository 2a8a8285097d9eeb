# Goes on only where a training job has finished. One run waits up to a minute; run it again where that was not enough.
terraform {
  required_version = ">= 1.5"
  required_providers {
    http = {
      source  = "hashicorp/http"
      version = ">= 3.4"
    }
  }
}

variable "service" {
  type    = string
  default = "https://gates.example.com"
}

variable "job_id" {
  type = string
}

variable "token" {
  type      = string
  sensitive = true
}

data "http" "training_done" {
  url                = "${var.service}/v1/gates/training-done/wait?seconds=60&job_id=${var.job_id}"
  request_timeout_ms = 75000

  request_headers = {
    Authorization = "Bearer ${var.token}"
  }

  retry {
    attempts = 3
  }

  lifecycle {
    postcondition {
      condition     = self.status_code == 200
      error_message = "The gate could not be asked: ${self.status_code} ${self.response_body}"
    }
    postcondition {
      condition     = jsondecode(self.response_body).outcome == "met"
      error_message = "The gate is not met: ${self.response_body}"
    }
  }
}
