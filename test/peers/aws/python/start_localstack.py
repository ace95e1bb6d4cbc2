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


def client_of(service: str, region: str, state_credentials):
    # A session of its own: those of boto are not for several threads, and each child of a map is one.
    return boto3.session.Session().client(
        service,
        region_name=region,
        endpoint_url=os.environ["LAMBDA_ENDPOINT"],
        aws_access_key_id="states",
        aws_secret_access_key=state_credentials.role_arn,
        config=_BOTO_CLIENT_CONFIG,
    )


lambda_eval_utils.boto_client_for = client_of

if __name__ == "__main__":
    main.main()
