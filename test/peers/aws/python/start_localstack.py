"""LocalStack as it is installed, but for one thing: its Step Functions call Lambda at LAMBDA_ENDPOINT.

LocalStack's own Lambda runs functions in Docker. Everything else of it, the interpreter of the state machine included, is
untouched.
"""

import os

import boto3
from localstack.runtime import main
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task import (
    lambda_eval_utils,
)
from localstack.services.stepfunctions.asl.utils.boto_client import _BOTO_CLIENT_CONFIG

LAMBDA_ENDPOINT = os.environ["LAMBDA_ENDPOINT"]


def client_of_lambda(service: str, region: str, state_credentials):
    assert service == "lambda", service
    # Each thread of a map makes its own: a session of boto's is not for several at once.
    return boto3.session.Session().client(
        "lambda",
        region_name=region,
        endpoint_url=LAMBDA_ENDPOINT,
        aws_access_key_id="states",
        aws_secret_access_key=state_credentials.role_arn,
        config=_BOTO_CLIENT_CONFIG,
    )


lambda_eval_utils.boto_client_for = client_of_lambda

if __name__ == "__main__":
    main.main()
